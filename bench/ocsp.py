"""Compares answers about certificates (OCSP) with the shortest read, `user`, of the same server."""

import asyncio
import contextlib
import secrets
import statistics
import sys
import urllib.request
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, urljoin

import asyncpg
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bench import data
from bench.contenders import CONTENDERS, NODE, keys_in, running
from bench.documents import DOCUMENTS, people
from bench.load import Unusable, load, tool
from bench.rounds import Rounds
from gateways.authority.profiles import Issuer
from gateways.authority.responder import hashed

MANY, ROUNDS, SECONDS = 8_000, 5, 2
ISSUED = """
insert into issued_certificate
  (id, organisation_id, order_id, key_hash, issuer, serial_number, content, not_after)
select gen_random_uuid(), (select id from organisation limit 1), gen_random_uuid(), '', $1,
       serial, '', now() + interval '3 years' from unnest($2::text[]) serial
"""


def main() -> int:
    """Prints how many times as many answers a second OCSP gives: for one, for many, by nonce."""
    key = secrets.token_bytes(32)
    with contextlib.ExitStack() as open_things:
        url = data.fresh(open_things.enter_context(data.postgresql()), 10_000, 50)
        logs = data.VAR / "logs"
        server = open_things.enter_context(running(CONTENDERS["segl"], url, key, logs))
        issuer = keys_in(logs).hierarchy().current
        serials = asyncio.run(issued(url, issuer.name))
        rounds = Rounds(tool(NODE), [server], people(url, key), url)
        asked = {
            "user": (server.url, rounds.written(DOCUMENTS["user"], False)),
            "one": (urljoin(server.url, "/ocsp"), paths("one", issuer, serials[:1])),
            "many": (urljoin(server.url, "/ocsp"), paths("many", issuer, serials)),
            "nonce": (urljoin(server.url, "/ocsp"), paths("nonce", issuer, serials, b"n" * 32)),
        }
        for _, file in list(asked.values())[1:]:
            must_be_good(urljoin(server.url, file.read_text().split()[0]))
        found: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(ROUNDS + 1):  # the first one warms up
            for name, (where, file) in asked.items():
                one = load(
                    rounds.command, where, file, SECONDS, [server.process], data.postmaster()
                )
                if one.failed:
                    raise Unusable(f"{name}: {one.failed} requests failed.")
                found[name] += [one.per_second] if number else []
    usual = statistics.median(found["user"])
    for name, rates in found.items():
        rate = statistics.median(rates)
        print(f"ocsp {name:6} {rate:8.0f}/s  {rate / usual:.2f}")
    return 0


async def issued(url: str, issuer: str) -> list[int]:
    """As if certificates had been issued: their serial numbers."""
    serials = [x509.random_serial_number() for _ in range(MANY)]
    connection = await asyncpg.connect(url)
    await connection.execute(ISSUED, issuer, [format(one, "x") for one in serials])
    await connection.close()
    return serials


def must_be_good(url: str) -> None:
    with urllib.request.urlopen(url) as answer:
        told = ocsp.load_der_ocsp_response(answer.read())
    if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise Unusable(f"{url}: {told.response_status}")


def paths(name: str, issuer: Issuer, serials: list[int], nonce: bytes | None = None) -> Path:
    """A file of requests about these, in the form of GET."""
    of_issuer = hashed(issuer.certificate, hashes.SHA1.name)
    lines = []
    for serial in serials:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            *of_issuer, serial, hashes.SHA1()
        )
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        asked = b64encode(builder.build().public_bytes(Encoding.DER))
        lines.append(f"/ocsp/{quote(asked, safe='')} \n")
    file = data.VAR / f"ocsp-{name}.requests"
    file.write_text("".join(lines))
    return file


if __name__ == "__main__":
    sys.exit(main())

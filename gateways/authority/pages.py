"""Serves what the built-in authority prints addresses of: lists, issuers, and OCSP."""

import logging
from base64 import b64decode

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateways.authority.builtin import BuiltInAuthority
from gateways.authority.keys import ROOT
from gateways.authority.responder import INTERNAL_ERROR, MALFORMED
from gateways.certificate_authority import CertificateAuthority, Refused

logger = logging.getLogger(__name__)

LONGEST = 2_000  # bytes of an OCSP request
LIST, ISSUER, ANSWER = "application/pkix-crl", "application/pkix-cert", "application/ocsp-response"
NOTHING = "There is no issuing key of that name.\n"
# What is revoked is known at once: whoever keeps an answer on the way asks whether it still holds.
ANEW, FOR_A_DAY = {"Cache-Control": "no-cache"}, {"Cache-Control": "public, max-age=86400"}


def routes(authority: CertificateAuthority) -> list[BaseRoute]:
    """The addresses in certificates; none where another authority has addresses of its own."""
    if not isinstance(authority, BuiltInAuthority):
        return []

    async def revoked(request: Request) -> Response:
        try:
            content = await authority.revocation_list(request.path_params["issuer"])
        except Refused:
            return PlainTextResponse(NOTHING, 404)
        return Response(content, media_type=LIST, headers=ANEW)

    async def issuer(request: Request) -> Response:
        name = request.path_params["issuer"]
        try:
            root = authority.hierarchy().root
            found = root if name == ROOT else authority.issuer(name).certificate
        except Refused:
            return PlainTextResponse(NOTHING, 404)
        return Response(found.public_bytes(Encoding.DER), media_type=ISSUER, headers=FOR_A_DAY)

    async def posted(request: Request) -> Response:
        asked = b""
        async for piece in request.stream():
            asked += piece
            if len(asked) > LONGEST:
                return answered(MALFORMED)
        return await answer(asked)

    async def got(request: Request) -> Response:
        try:
            asked = b64decode(request.path_params["asked"], validate=True)
        except ValueError:
            return answered(MALFORMED)
        return await answer(asked)

    async def answer(asked: bytes) -> Response:
        try:
            return answered(await authority.status(asked))
        except Exception:
            logger.exception("An OCSP request could not be answered.")
            return answered(INTERNAL_ERROR)

    return [
        Route("/pki/{issuer}.crl", revoked),
        Route("/pki/{issuer}.cer", issuer),
        Route("/ocsp", posted, methods=["POST"]),
        Route("/ocsp/{asked:path}", got),
    ]


def answered(content: bytes) -> Response:
    return Response(content, media_type=ANSWER, headers=ANEW)

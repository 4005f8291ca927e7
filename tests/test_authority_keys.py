"""The authority's keys in files: made and rotated by a command, made by itself for development."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import server
from gateways import Refused, WallClock
from gateways.authority import BuiltInAuthority, KeyFolder
from gateways.settings import Unusable
from tests.certifying import an_order

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Gives a command of the authority, and returns what it says."""
    monkeypatch.setenv("SEGL_VAR", str(tmp_path))
    monkeypatch.setenv("SEGL_AUTHORITY_PASSPHRASE", PASSPHRASE)

    def command(*arguments):
        code = server.main(["authority", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


@pytest.fixture
def keys(tmp_path):
    return KeyFolder(tmp_path / "authority", PASSPHRASE)


def test_the_keys_are_made_once(command, keys):
    code, said = command("init")
    again = command("init")

    assert (code, said.count("\n")) == (0, 1)
    assert "root.key elsewhere" in said
    assert again == (2, f"There is a certificate authority in {keys.path} already.\n")
    assert len(keys.hierarchy().issuers) == 1


def test_keys_may_be_of_rsa_and_bear_another_name(command, keys):
    assert command("init", "--key", "RSA_3072", "--name", "Hansen & Søn ApS")[0] == 0
    assert command("rotate")[0] == 0

    hierarchy = keys.hierarchy()
    assert "CN=Hansen & Søn ApS Root" in hierarchy.root.subject.rfc4514_string()
    for issuer in hierarchy.issuers.values():
        assert isinstance(issuer.key, rsa.RSAPrivateKey)
        assert issuer.key.key_size == 3072


def test_a_rotation_is_seen_at_once_and_the_former_key_stays(command, keys):
    command("init")
    former = keys.hierarchy().current

    code, said = command("rotate")

    hierarchy = keys.hierarchy()
    assert (code, said) == (
        0,
        f"Certificates are issued by the key {hierarchy.current.name} from now on.\n",
    )
    assert list(hierarchy.issuers) == [former.name, hierarchy.current.name]


def test_the_root_s_key_is_needed_to_rotate_alone(command, keys):
    command("init")
    (keys.path / "root.key").unlink()

    code, said = command("rotate")

    assert (code, "root.key cannot be read" in said) == (2, True)
    assert keys.hierarchy().current


def test_keys_are_enciphered_and_nobody_else_may_read_them(command, keys):
    command("init")

    found = list(keys.path.glob("*.key"))
    assert len(found) == 2
    for one in found:
        assert one.stat().st_mode & 0o077 == 0
        with pytest.raises(TypeError):
            load_pem_private_key(one.read_bytes(), None)
    assert PASSPHRASE.encode() not in b"".join(one.read_bytes() for one in keys.path.iterdir())


def test_another_passphrase_opens_nothing(command, keys, monkeypatch):
    command("init")
    monkeypatch.setenv("SEGL_AUTHORITY_PASSPHRASE", "nobody knows this one")

    code, said = command("rotate")

    assert (code, said.count("\n")) == (2, 1)
    assert "is not opened by SEGL_AUTHORITY_PASSPHRASE" in said
    assert "nobody" not in said


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [(None, "SEGL_AUTHORITY_PASSPHRASE is not set"), ("short", "too short")],
)
def test_keys_are_not_made_without_a_good_passphrase(command, keys, monkeypatch, passphrase, words):
    monkeypatch.delenv("SEGL_AUTHORITY_PASSPHRASE")
    if passphrase:
        monkeypatch.setenv("SEGL_AUTHORITY_PASSPHRASE", passphrase)

    code, said = command("init")

    assert (code, words in said) == (2, True)
    assert not keys.path.exists()


@pytest.mark.parametrize("name", ["Hansen & Søn Aktieselskab af nittenhundrede", " ", "Two\nLines"])
def test_an_authority_has_a_short_name(command, keys, name):
    code, said = command("init", "--name", name)

    assert (code, said.count("\n"), keys.path.exists()) == (2, 1, False)


@pytest.mark.anyio
async def test_an_authority_without_keys_is_worth_another_try(keys, gateways, hansen):
    authority = BuiltInAuthority(keys, gateways.clock, "http://test")

    with pytest.raises(Refused) as refused:
        await authority.issue(an_order(gateways.clock, hansen.id))

    assert not refused.value.is_final


def test_who_develops_gets_keys_and_may_rotate_them(tmp_path):
    folder = KeyFolder(tmp_path / "authority", None, may_be_made=True)

    folder.ready(WallClock().now())
    folder.ready(WallClock().now())
    folder.obey("rotate", "Segl", "EC_P384", WallClock().now())

    assert len(folder.hierarchy().issuers) == 2
    assert folder.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_in_production_keys_are_never_made_unasked(tmp_path, passphrase):
    folder = KeyFolder(tmp_path / "authority", passphrase)

    with pytest.raises(Unusable, match="authority init"):
        folder.ready(WallClock().now())

    assert not folder.path.exists()


@pytest.mark.anyio
async def test_a_process_issues_by_the_new_key_without_a_restart(keys, gateways, hansen):
    now = gateways.clock.now()
    keys.obey("init", "Segl", "EC_P384", now)
    authority = BuiltInAuthority(keys, gateways.clock, "http://test", trusted=0)
    former = await authority.issue(an_order(gateways.clock, hansen.id))

    keys.obey("rotate", "Segl", "EC_P384", now + timedelta(seconds=1))

    assert (
        await authority.issue(an_order(gateways.clock, hansen.id))
    ).chain_pem != former.chain_pem


DUE = timedelta(days=3652 - 3 * 366 - 365)  # from then on a key is in the last year of issuing


@pytest.mark.parametrize(("age", "is_told"), [(DUE - timedelta(days=1), False), (DUE, True)])
def test_a_start_tells_when_it_is_time_to_rotate(keys, caplog, age, is_told):
    made = WallClock().now() - age - timedelta(seconds=1)
    keys.obey("init", "Segl", "EC_P384", made)

    keys.ready(WallClock().now())

    name, until = keys.hierarchy().current.name, (made + timedelta(days=3652 - 3 * 366)).date()
    assert (
        caplog.messages
        == [
            f"The key {name} issues no certificates from {until} on."
            " Add one with: python server.py authority rotate"
        ]
        * is_told
    )


@pytest.mark.anyio
async def test_whoever_never_starts_anew_is_told_once_a_day(gateways, hansen, caplog):
    told = []
    for days in (DUE.days - 1, 2, 0, 1):
        gateways.clock.advance(days=days)
        caplog.clear()
        await gateways.authority.issue(an_order(gateways.clock, hansen.id))
        told.append("rotate" in caplog.text)
    gateways.clock.advance(days=370)
    with pytest.raises(Refused):
        await gateways.authority.issue(an_order(gateways.clock, hansen.id))
    told.append("rotate" in caplog.text)

    gateways.authority.keys.rotate(gateways.clock.now())
    gateways.clock.advance(days=1)
    caplog.clear()
    await gateways.authority.issue(an_order(gateways.clock, hansen.id))

    assert told == [False, True, False, True, True]
    assert caplog.text == ""

"""A list as a file: the same people in the same order, by an address that tells nothing."""

import pytest

from models import HistoryEntry, Right, RoleAssignment, User
from tests.certificates import REVOKE
from tests.making import P_NUMBERS
from tests.reading import cells_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_export_users = who_may("""
                   self  user_administrator  rights_administrator  organisation_administrator
    user:export     .            x                    x                       x
""")
EXPORT = """
query ($filter: UserFilter, $orderBy: UserOrder = {field: NAME}) {
  users(first: 1, filter: $filter, orderBy: $orderBy) {
    totalCount csv { url fileName mediaType expiresAt }
  }
}
"""


@pytest.fixture
async def rights(person):
    return await person("rights_administrator", name="Rie Holm")


@pytest.fixture
def lines(ask, client):
    """The cells of the file that somebody is offered, by their headings."""

    async def fetched(who, query=EXPORT, way=("csv",), **variables):
        found = await ask(who, query, **variables)
        for step in way:
            found = found[step]
        return cells_of(await client.get(found["url"]))

    return fetched


async def test_everybody_of_the_list_is_in_the_file_in_its_order(lines, person, make, rights):
    for number in range(230):
        await person(name=f"Bo {number:03}", email=f"bo{number}@example.dk")
    await make.user(await make.organisation("Jensen A/S"), name="Else Where")

    found = await lines(rights)

    names = [f"{one['Fornavn']} {one['Efternavn']}" for one in found]
    assert names == [*(f"Bo {number:03}" for number in range(230)), "Rie Holm"]
    assert len({one["UUID"] for one in found}) == 231


async def test_users_are_found_by_their_rights_and_taken_out_as_a_file(lines, make, hansen, rights):
    bo, eva, ib = [await make.user(hansen, name=f"{one} Lund") for one in ("Bo", "Eva", "Ib")]
    for user in (bo, eva):
        await make.right(user, "tax.vat")
        await make.right(user, "tax.wages")
    await make.right(ib, "tax.vat")
    ids = [str(one.id) for one in await Right.filter(code__in=("tax.vat", "tax.wages"))]

    found = await lines(rights, filter={"rights": {"rightIds": ids, "pNumber": P_NUMBERS[0]}})

    assert [one["Fornavn"] for one in found] == ["Bo", "Eva"]


async def test_a_line_tells_of_a_user_in_the_words_of_the_files_of_users(lines, person, rights):
    await person(
        *("user_administrator", "organisation_administrator"),
        name="=1+1 Holm",
        email="bo@firma.dk",
        phone_number="12345678",
        is_anonymous=True,
    )

    (line,) = await lines(rights, filter={"text": "bo@firma.dk"})

    assert line.pop("UUID")
    assert line.pop("Oprettet")
    assert line.pop("Aktiveret")
    assert sorted(line.pop("Roller").split(", ")) == [
        *("ORGANISATION_ADMINISTRATOR", "USER_ADMINISTRATOR")
    ]
    assert line == {
        "Fornavn": "'=1+1",
        "Efternavn": "Holm",
        "Email": "bo@firma.dk",
        "Telefon": "12345678",
        "Anonym": "J",
        "Referencetekst": "",
        "TargetIAL": "4",
        "EAN": "",
        "P-nummer": "",
        "SE-nummer": "",
        "Status": "ACTIVE",
        "Sidst aktiv": "",
    }


async def test_the_list_below_a_thing_is_offered_as_it_was_asked_for(
    lines, make, hansen, rights, person
):
    admin = await person("user_administrator")
    file = await make.file(hansen, done_through=2)
    await make.plan(file, await make.user(hansen, name="Eva Lund"))
    await make.user(hansen, name="Ib Bang")
    query = """
        query ($id: ID!) { file: userImport(id: $id) { users { nodes { name } csv { url } } } }
    """

    found = await lines(admin, query, ("users", "csv"), id=file.id)

    assert [one["Fornavn"] for one in found] == ["Eva"]


CERTIFICATES = """
query ($filter: CertificateFilter, $orderBy: CertificateOrder = {field: CONTACT_NAME}) {
  certificates(first: 1, filter: $filter, orderBy: $orderBy) { totalCount csv { url } }
}
"""


async def test_all_certificates_that_are_found_are_in_the_file_in_their_order(
    lines, make, hansen, jensen, rights
):
    for number in range(230):
        kind = "SYSTEM" if number % 2 else "ORGANISATION"
        await make.certificate(hansen, kind=kind, contact_name=f"Bo {number:03}")
    await make.certificate(jensen, kind="SYSTEM", contact_name="Else Where")

    everything = await lines(rights, CERTIFICATES)
    found = await lines(rights, CERTIFICATES, filter={"kind": ["SYSTEM"]})

    assert [one["Kontaktperson"] for one in everything] == [f"Bo {at:03}" for at in range(230)]
    assert found == [one for one in everything if one["Type"] == "SYSTEM"]


async def test_a_line_tells_of_a_certificate_from_order_to_end(
    lines, ask, make, hansen, person, rights
):
    admin = await person("user_administrator", name="Bo Holm")
    profile = await make.profile(hansen, name="=Archive")
    one = await make.certificate(
        hansen,
        kind="SYSTEM",
        profile=profile,
        email="archive@example.dk",
        is_email_validated=True,
        contact_name="+Dan Lind",
        contact_email="dan@example.dk",
        subject="CN=Archive",
        serial_number="0a0b",
        fingerprint="ff00",
    )
    given = {"certificateId": one.id, "reason": "SUPERSEDED"}
    await ask(admin, REVOKE, input=given)

    (line,) = await lines(
        rights,
        "query ($id: ID!) { certificateProfile(id: $id) { certificates { csv { url } } } }",
        ("certificates", "csv"),
        id=profile.id,
    )

    now = f"{make.now:%Y-%m-%dT%H:%M:%SZ}"
    times = [line.pop(name)[:19] for name in ("Bestilt", "Udstedt", "Gyldig fra", "Spærret")]
    assert times == [now[:19]] * 4
    assert line.pop("Gyldig til") > now
    assert line == {
        "UUID": str(one.uuid),
        "Type": "SYSTEM",
        "Status": "REVOKED",
        "Suspenderet": "N",
        "Bruger": "",
        "Profil": "'=Archive",
        "Email": "archive@example.dk",
        "Email bekræftet": "J",
        "Kontaktperson": "'+Dan Lind",
        "Kontakt-email": "dan@example.dk",
        "Emne": "CN=Archive",
        "Serienummer": "0a0b",
        "Fingeraftryk": "ff00",
        "Bestilt af": "Segl",
        "Fornyet af": "",
        "Spærret af": "Bo Holm",
        "Spærringsårsag": "SUPERSEDED",
    }


async def test_the_address_tells_nothing_and_the_fetching_is_kept(
    ask, client, make, hansen, rights
):
    await make.user(hansen, email="secret@example.dk")
    answer = await ask(rights, EXPORT, filter={"text": "secret@example.dk"})
    offered = await HistoryEntry.exists(activity="user:export")

    await client.get(answer["csv"]["url"])

    assert answer["csv"]["fileName"] == "users.csv"
    assert len(answer["csv"]["url"]) < 1000
    assert "secret" not in answer["csv"]["url"]
    entry = await HistoryEntry.get(activity="user:export")
    assert (entry.operation, entry.actor_user_id, offered) == ("exportUsers", rights.id, False)


async def test_who_has_lost_the_role_is_given_nothing(ask, client, rights):
    answer = await ask(rights, EXPORT)
    await RoleAssignment.filter(user_id=rights.id).delete()

    response = await client.get(answer["csv"]["url"])

    assert response.status_code == 404
    assert not await HistoryEntry.exists(activity="user:export")


async def test_the_file_is_offered_by_the_planner(asker, rights):
    response = await asker.post(rights, EXPORT, filter={"text": "x"})

    assert "X-Segl-Executor" not in response.headers
    assert await User.exists(id=rights.id)


async def test_the_history_comes_as_a_file_by_the_same_filter(lines, ask, rights, make, hansen):
    group = await make.group(hansen, name="=Løn")
    await make.group(hansen, name="Post")
    query = """
        query ($id: ID) { history(first: 1, filter: {aboutId: $id}) { csv { url fileName } } }
    """

    every, one = await lines(rights, query), await lines(rights, query, id=group.id)

    numbers = [int(line["Nummer"]) for line in every]
    assert numbers == [*range(len(every), 0, -1)]
    (line,) = one
    assert line["Beskrivelse"] == "Demo: =Løn"
    assert line["Ændringer"].split("\n")[:2] == ["kind:  → CUSTOM", "name:  → =Løn"]
    assert (line["Resultat"], line["Type"], line["Udført af"]) == ("DONE", "GROUP", "Segl")


async def test_the_history_of_a_thing_comes_as_a_file_too(lines, ask, rights, make, hansen):
    group = await make.group(hansen, name="Løn")
    query = "query ($id: ID!) { group(id: $id) { history { totalCount csv { url } } } }"

    found = await lines(rights, query, ("history", "csv"), id=group.id)

    assert [line["Type"] for line in found] == ["GROUP"]

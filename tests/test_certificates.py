"""The list of certificates: who may read it, and how to find what is about to expire."""

from datetime import timedelta
from uuid import uuid4

import pytest

from models import CertificateKind, CertificateStatus
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_certificates = who_may("""
                              self  user_administrator  rights_administrator  organisation_administrator
    certificate:list           .            x                    x                       x
    certificate:read           x            x                    x                       x
    certificate:read_history   x            x                    x                       x
    certificate:export         .            x                    x                       x
    certificate:order          .            x                    .                       .
    certificate:renew_code     .            x                    .                       .
    certificate:retrieve       x            x                    .                       .
    certificate:renew          x            x                    .                       .
    certificate:validate_email x            x                    .                       .
    certificate:cancel         .            x                    .                       .
    certificate:revoke         x            x                    .                       .
""")  # noqa: E501
test_who_is_no_user_may_show_a_link_or_a_code = who_may("""
                               person
    certificate:retrieve         x
    certificate:validate_email   x
    certificate:renew            .
    certificate:read             .
""")

CERTIFICATES = """
query Certificates(
  $filter: CertificateFilter, $orderBy: CertificateOrder
  $first: Int, $after: String, $last: Int, $before: String
) {
  certificates(
    filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
  ) {
    totalCount
    nodes { id status }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
CERTIFICATE = """
query Certificate($id: ID!) {
  certificate(id: $id) {
    kind status email contactName isSuspended
    user { name }
    profile { name }
    history { nodes { operation } }
  }
}
"""
OF_A_PROFILE = """
query OfAProfile($id: ID!, $filter: CertificateFilter) {
  certificateProfile(id: $id) { certificates(filter: $filter) { totalCount nodes { id status } } }
}
"""
OWN = """
query Own($filter: CertificateFilter) {
  viewer {
    user { certificates(filter: $filter) { nodes { id user { name } history { totalCount } } } }
  }
}
"""
LOOK = """
query Look($id: ID!) {
  %s
  node(id: $id) { id }
}
"""
NO_DATES = {"issued_at": None, "valid_from": None, "expires_at": None}


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk")


@pytest.fixture
async def archive(make, hansen):
    return await make.profile(hansen, name="Archive")


@pytest.fixture
async def shelf(make, hansen, jensen, eva, archive):
    """Certificates of Hansen & Søn by what has become of them; Jensen ApS has one too."""

    async def certificate(name, ordered, expires, **facts):
        at = make.now
        return await make.certificate(
            hansen,
            contact_name=name,
            ordered_at=at - timedelta(days=ordered),
            expires_at=expires and at + timedelta(days=expires),
            **facts,
        )

    await make.certificate(jensen, contact_name="Kirsten Bech")
    return {
        "valid": await certificate("Eva Lund", 6, 1000, user=eva, email="eva@example.dk"),
        "soon": await certificate(
            "Dan Lind",
            5,
            30,
            kind=CertificateKind.ORGANISATION,
            profile=archive,
            email="archive@example.dk",
            contact_email="dan_lind@example.dk",
        ),
        "expired": await certificate("Hans Bo", 4, -1, email="hans@example.com"),
        "revoked": await certificate(
            "Gro Dam", 3, 20, status="REVOKED", kind=CertificateKind.SYSTEM, profile=archive
        ),
        "ordered": await certificate(
            "Ib Friis", 2, None, status="ORDERED", kind=CertificateKind.QUALIFIED_USER
        ),
        "cancelled": await certificate("Jo Kjær", 1, None, status="CANCELLED"),
    }


@pytest.fixture
def found(ask, bo, shelf):
    """Asks for certificates, and names those that are found in their order."""
    names = {str(one.id): name for name, one in shelf.items()}

    async def found(**asked):
        answer = await ask(bo, CERTIFICATES, **asked)
        return [names[one["id"]] for one in answer["nodes"]]

    return found


async def test_the_list_holds_every_certificate_and_order_of_the_organisation(ask, bo, shelf):
    answer = await ask(bo, CERTIFICATES)

    assert answer["totalCount"] == 6
    assert [one["id"] for one in answer["nodes"]] == [str(one.id) for one in shelf.values()]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"text": "gro"}, ["revoked"]),
        ({"text": "LIND@"}, ["soon"]),
        ({"text": "example.com"}, ["expired"]),
        ({"text": "archive"}, ["soon", "revoked"]),
        ({"text": "Eva L"}, ["valid"]),
        ({"text": "KJÆR"}, ["cancelled"]),
        ({"text": "n_l"}, ["soon"]),
        ({"contactName": "bo"}, ["expired"]),
        ({"contactEmail": "dan"}, ["soon"]),
        ({"contactEmail": "archive"}, []),
        ({"email": "example"}, ["valid", "soon", "expired"]),
        ({"kind": ["SYSTEM", "QUALIFIED_USER"]}, ["revoked", "ordered"]),
        ({"kind": []}, []),
        ({"status": ["ISSUED"]}, ["valid", "soon"]),
        ({"status": ["EXPIRED", "CANCELLED"]}, ["expired", "cancelled"]),
        ({"kind": ["ORGANISATION"], "status": ["ISSUED"], "text": "dan"}, ["soon"]),
        ({"kind": ["ORGANISATION"], "status": ["REVOKED"]}, []),
    ],
)
async def test_certificates_are_found_by_what_is_known_of_them(found, given, names):
    assert await found(filter=given) == names


async def test_certificates_are_found_by_identity_number_holder_and_profile(
    found, shelf, eva, archive
):
    number = str(shelf["soon"].uuid)

    assert await found(filter={"uuid": number}) == ["soon"]
    assert await found(filter={"uuid": number.replace("-", "").upper()}) == ["soon"]
    assert await found(filter={"uuid": str(uuid4())}) == []
    assert await found(filter={"userId": str(eva.id)}) == ["valid"]
    assert await found(filter={"profileId": str(archive.id)}) == ["soon", "revoked"]
    assert await found(filter={"profileId": str(eva.id)}) == []


async def test_what_expires_soon_counts_what_is_valid_only(found, make):
    in_thirty_days = make.now + timedelta(days=30)

    assert await found(filter={"expiresBefore": in_thirty_days.isoformat()}) == ["soon"]
    moment_before = in_thirty_days - timedelta(seconds=1)
    assert await found(filter={"expiresBefore": moment_before.isoformat()}) == []
    assert await found(filter={"expiresBefore": "2036-01-01T00:00:00+01:00"}) == ["valid", "soon"]


async def test_a_certificate_expires_by_its_date_and_the_list_agrees(ask, bo, found, gateways):
    gateways.clock.advance(days=30)

    assert await found(filter={"status": ["EXPIRED"]}) == ["soon", "expired"]
    assert await found(filter={"status": ["ISSUED"]}) == ["valid"]
    assert await found(filter={"expiresBefore": "2036-01-01T00:00:00Z"}) == ["valid"]
    for status in CertificateStatus:
        answer = await ask(bo, CERTIFICATES, filter={"status": [status]})
        assert {one["status"] for one in answer["nodes"]} == {status}
        assert answer["totalCount"] == len(answer["nodes"])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"uuid": "123"}, "MALFORMED"),
        ({"userId": "123"}, "MALFORMED"),
        ({"expiresBefore": "2027-02-01"}, "MALFORMED"),
        ({"text": "x" * 201}, "TOO_LONG"),
    ],
)
async def test_a_wrong_value_in_a_filter_is_an_error_at_its_place(send, bo, given, problem):
    (member,) = given

    answer = await send(bo, CERTIFICATES, filter=given)

    (error,) = answer["errors"]
    assert answer["data"] == {"certificates": None}
    assert error["extensions"] == {
        "code": "INVALID",
        "problem": problem,
        "path": ["filter", member],
    }


ORDERS = [
    ("ORDERED_AT", ["valid", "soon", "expired", "revoked", "ordered", "cancelled"]),
    ("EXPIRES_AT", ["ordered", "cancelled", "expired", "revoked", "soon", "valid"]),
    ("CONTACT_NAME", ["soon", "valid", "revoked", "expired", "ordered", "cancelled"]),
    ("EMAIL", ["revoked", "ordered", "cancelled", "soon", "valid", "expired"]),
]


@pytest.mark.parametrize(("field", "names"), ORDERS)
async def test_certificates_are_sorted_with_what_has_no_date_or_address_first(found, field, names):
    assert await found(orderBy={"field": field}) == names
    assert await found(orderBy={"field": field, "direction": "DESCENDING"}) == names[::-1]


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
@pytest.mark.parametrize(("field", "names"), ORDERS)
async def test_pages_of_a_sorted_list_miss_nothing_and_repeat_nothing(
    ask, bo, shelf, field, names, direction
):
    order, forwards, backwards = {"field": field, "direction": direction}, [], []
    after = before = None
    for _ in range(3):
        page = await ask(bo, CERTIFICATES, orderBy=order, first=2, after=after)
        forwards += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    is_the_last = not page["pageInfo"]["hasNextPage"]
    for _ in range(3):
        page = await ask(bo, CERTIFICATES, orderBy=order, last=2, before=before)
        backwards = page["nodes"] + backwards
        before = page["pageInfo"]["startCursor"]
    is_the_first = not page["pageInfo"]["hasPreviousPage"]

    whole = [str(shelf[name].id) for name in names]
    assert [one["id"] for one in forwards] == whole[:: 1 if direction == "ASCENDING" else -1]
    assert backwards == forwards
    assert is_the_last
    assert is_the_first


async def test_a_profile_lists_its_own_certificates(ask, bo, shelf, archive):
    whole = await ask(bo, OF_A_PROFILE, id=archive.id)
    issued = await ask(bo, OF_A_PROFILE, id=archive.id, filter={"status": ["ISSUED"]})

    assert whole["certificates"]["totalCount"] == 2
    assert issued["certificates"] == {
        "totalCount": 1,
        "nodes": [{"id": str(shelf["soon"].id), "status": "ISSUED"}],
    }


async def test_a_certificate_tells_its_holder_or_its_profile(ask, person, shelf):
    reader = await person("rights_administrator")

    own = await ask(reader, CERTIFICATE, id=shelf["valid"].id)
    ours = await ask(reader, CERTIFICATE, id=shelf["soon"].id)

    assert (own["user"], own["profile"]) == ({"name": "Eva Lund"}, None)
    assert (ours["user"], ours["profile"]) == (None, {"name": "Archive"})


async def test_a_certificate_is_suspended_while_its_user_is_deactivated(
    ask, person, make, hansen, bo
):
    absent = await person(status="DEACTIVATED")
    valid = await make.certificate(hansen, user=absent)
    expired = await make.certificate(hansen, user=absent, expires_at=make.now)
    revoked = await make.certificate(hansen, user=absent, status="REVOKED")

    answers = [await ask(bo, CERTIFICATE, id=one.id) for one in (valid, expired, revoked)]

    assert [one["isSuspended"] for one in answers] == [True, False, False]
    assert [one["status"] for one in answers] == ["ISSUED", "EXPIRED", "REVOKED"]


async def test_an_employee_reads_the_own_certificates_with_their_history(ask, eva, shelf):
    answer = await ask(eva, OWN)
    issued = await ask(eva, OWN, filter={"status": ["REVOKED"]})

    assert answer["user"]["certificates"]["nodes"] == [
        {"id": str(shelf["valid"].id), "user": {"name": "Eva Lund"}, "history": {"totalCount": 1}}
    ]
    assert issued["user"]["certificates"]["nodes"] == []


@pytest.mark.parametrize("reads", ["certificates { totalCount }", "certificate(id: $id) { kind }"])
async def test_an_employee_reads_nobody_elses_certificates(send, eva, shelf, reads):
    answer = await send(eva, LOOK % reads, id=shelf["soon"].id)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "DENIED"
    assert answer["data"]["node"] is None


async def test_a_stranger_reads_no_certificate_of_hansens(send, person, jensen, shelf):
    stranger = await person("user_administrator", organisation=jensen)

    theirs = await send(stranger, CERTIFICATE, id=shelf["valid"].id)
    none = await send(stranger, CERTIFICATE, id=uuid4())

    assert theirs["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert theirs == none

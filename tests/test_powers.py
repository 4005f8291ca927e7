"""Powers of attorney: who gives whom what, who reads it, and how it ends."""

import pytest

from gateways import today
from models import Right
from tests.powers import GRANT, POWER, POWERS
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_powers_of_attorney = who_may("""
                                        self  user_administrator  rights_administrator  organisation_administrator
    power_of_attorney:list               .            x                    x                       x
    power_of_attorney:read               x            x                    x                       x
    power_of_attorney:read_history       .            x                    x                       x
    power_of_attorney:list_users         .            x                    x                       x
    power_of_attorney:grant              .            .                    .                       x
    power_of_attorney:request            .            .                    .                       x
    power_of_attorney:decide             .            .                    .                       x
    power_of_attorney:grant_to_person    .            .                    x                       .
    power_of_attorney:revoke             .            .                    x                       .
    power_of_attorney:add_user           .            .                    x                       .
    power_of_attorney:remove_user        .            .                    x                       .
""")  # noqa: E501


test_who_may_use_delegation_groups = who_may("""
                                  self  user_administrator  rights_administrator  organisation_administrator
    delegation_group:list          .            x                    x                       x
    delegation_group:read          x            x                    x                       x
    delegation_group:list_users    .            x                    x                       x
    delegation_group:create        .            .                    .                       x
    delegation_group:update        .            .                    .                       x
    delegation_group:delete        .            .                    .                       x
    delegation_group:add_user      .            .                    x                       .
    delegation_group:remove_user   .            .                    x                       .
""")  # noqa: E501


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
async def kirsten(make, jensen):
    """Who administers everything at Jensen."""
    return await make.user(
        jensen,
        *("organisation_administrator", "rights_administrator"),
        name="Kirsten Bech",
        email="kirsten@example.dk",
    )


@pytest.fixture
async def vat(empty):
    return await Right.get(code="tax.vat")


async def test_an_organisation_lets_another_act_for_it_and_both_read_the_same(
    ask, ulla, kirsten, hansen, jensen, vat, make
):
    given = {"granteeCvrNumber": jensen.cvr_number, "name": "VAT", "rightIds": [str(vat.id)]}

    answer = await ask(ulla, GRANT, input=given)

    power = answer["powerOfAttorney"]
    assert answer["errors"] == []
    assert (power["status"], power["side"], power["name"]) == ("ACTIVE", "GRANTED", "VAT")
    assert power["from"] == today(make.now).isoformat()
    there = await ask(kirsten, POWER, id=power["id"])
    assert there["side"] == "RECEIVED"
    assert there["grantor"] == {"cvrNumber": hansen.cvr_number, "name": "Hansen & Søn ApS"}
    assert there["grantee"] == {"cvrNumber": jensen.cvr_number, "name": "Jensen ApS"}
    same = ("status", "name", "from", "until", "version", "rights")
    assert {one: power[one] for one in same} == {one: there[one] for one in same}


async def test_each_side_lists_what_it_granted_and_received(
    ask, ulla, kirsten, hansen, jensen, make
):
    await make.power(hansen, jensen, name="To Jensen")
    await make.power(jensen, hansen, name="To Hansen")

    async def names(who, **filter):
        return [one["name"] for one in (await ask(who, POWERS, filter=filter))["nodes"]]

    assert await names(ulla) == await names(kirsten) == ["To Jensen", "To Hansen"]
    assert (
        await names(ulla, side="GRANTED") == await names(kirsten, side="RECEIVED") == ["To Jensen"]
    )
    assert (
        await names(ulla, side="RECEIVED") == await names(kirsten, side="GRANTED") == ["To Hansen"]
    )

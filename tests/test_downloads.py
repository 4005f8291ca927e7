"""Files are fetched by signed addresses: for five minutes, by whoever may, and it is kept."""

import pytest

from models import HistoryEntry, RoleAssignment
from models.user_files import template
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_templates = who_may("""
                                self  user_administrator  rights_administrator  organisation_administrator
    user_import:read_template    .            x                    .                       .
""")  # noqa: E501
TEMPLATE = """
    query ($action: ImportAction!) {
      userFileTemplate(action: $action) { url fileName mediaType expiresAt }
    }
"""


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def address(ask, admin):
    answer = await ask(admin, TEMPLATE, action="CREATE")
    return answer["url"].removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize("action", ["CREATE", "UPDATE", "DELETE"])
async def test_a_template_is_fetched_without_signing_in_anew(ask, client, admin, action):
    answer = await ask(admin, TEMPLATE, action=action)

    response = await client.get(answer["url"])

    assert answer["fileName"] == f"users-{action.lower()}.csv"
    assert answer["mediaType"] == response.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer["expiresAt"] == "2026-11-02T09:05:00+00:00"
    assert response.content == template()
    assert answer["fileName"] in response.headers["content-disposition"]
    assert response.headers["cache-control"] == "no-store"


async def test_the_history_keeps_who_fetched_what(client, admin, address, hansen):
    await client.get(address)

    (entry,) = await HistoryEntry.filter(operation="userFileTemplate")
    assert (entry.activity, entry.actor_user_id) == ("user_import:read_template", admin.id)
    assert entry.about_id == hansen.id


async def test_an_address_is_good_for_five_minutes(client, address, gateways):
    gateways.clock.advance(minutes=4, seconds=59)
    early = await client.get(address)
    gateways.clock.advance(seconds=1)
    late = await client.get(address)

    assert (early.status_code, late.status_code) == (200, 404)


async def test_the_permission_is_asked_again(client, address, admin):
    await RoleAssignment.filter(user_id=admin.id).delete()

    response = await client.get(address)

    assert response.status_code == 404
    assert not await HistoryEntry.exists(operation="userFileTemplate")


async def test_the_address_is_planned(asker, admin, person):
    for who in (admin, await person()):
        response = await asker.post(who, TEMPLATE, action="CREATE")

        assert "X-Segl-Executor" not in response.headers


@pytest.mark.parametrize("token", ["x", "AAAA", "%00", "ÆØÅ", "A" * 200])
async def test_an_address_that_is_none_of_ours_leads_nowhere(client, tables, token):
    response = await client.get(f"/downloads/{token}")

    assert response.status_code == 404


async def test_an_address_that_was_altered_leads_nowhere(client, address):
    other = "A" if address[-5] != "A" else "B"

    response = await client.get(address[:-5] + other + address[-4:])

    assert response.status_code == 404

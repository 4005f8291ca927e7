"""A CPR number is nowhere to be read: not in letters, history, problems, logs or tables."""

import logging

import pytest
from tortoise.connection import get_connection

from gateways import Claims
from tests.users import (
    ACTIVATE,
    ANNE,
    CPR,
    CREATE,
    DEACTIVATE,
    DELETE,
    FACTS,
    REACTIVATE,
    RESEND,
    UPDATE,
    link_in,
)

pytestmark = pytest.mark.anyio

WRITTEN = f"{CPR[:6]}-{CPR[6:]}"
FOUND = "query ($cpr: CprNumber!) { user(by: {cprNumber: $cpr}) { ...Facts } }" + FACTS
HISTORY = "{ history(first: 100) { nodes { summary reason changes { field old new } } } }"


async def everything_stored():
    """All rows of all tables, as text."""
    client = get_connection("default")
    tables = await client.execute_query_dict(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'"
    )
    rows = [await client.execute_query_dict(f"select * from {one['name']}") for one in tables]
    return str(rows)


@pytest.fixture
def said(asker):
    """All that was answered to what was asked."""
    answers = []

    async def ask(who, document, **variables):
        response = await asker.post(
            who, document, {"Idempotency-Key": str(len(answers))}, **variables
        )
        answers.append(response.text + str(response.headers))
        return response.json()["data"]

    ask.answers = answers
    return ask


async def a_life(said, admin, letters):
    """Anne's life, with her CPR number given wherever it can be, rightly and wrongly."""
    made = (await said(admin, CREATE, input=ANNE))["createUser"]["user"]
    key, anne = {"userId": made["id"]}, Claims(cpr_number=CPR)
    await said(admin, CREATE, input=ANNE | {"person": {"cprNumber": WRITTEN}, "email": CPR})
    await said(admin, CREATE, input=ANNE | {"phoneNumber": CPR, "pNumber": CPR})
    await said(admin, UPDATE, input=key | {"person": {"cprNumber": WRITTEN}})
    await said(admin, UPDATE, input=key | {"person": {"cprNumber": CPR + "1"}})
    await said(admin, UPDATE, input=key | {"seNumber": CPR, "eanNumber": CPR})
    await said(admin, RESEND, input=key)
    await said(admin, DEACTIVATE, input=key | {"from": CPR})
    link = link_in((await letters("anne@example.dk"))[-1])
    await said(Claims(cpr_number="6101904243"), ACTIVATE, input={"link": link})
    await said(anne, ACTIVATE, input={"link": CPR})
    await said(anne, ACTIVATE, input={"link": link})
    await said(admin, UPDATE, input=key | {"person": {"cprNumber": CPR}})
    await said(admin, FOUND, cpr=CPR)
    await said(admin, FOUND, cpr=WRITTEN + "x")
    await said(admin, "query ($id: ID!) { user(by: {id: $id}) { name } }", id=CPR)
    await said(admin, "query ($t: String) { users(after: $t) { totalCount } }", t=CPR)
    await said(admin, DEACTIVATE, input=key)
    await said(admin, REACTIVATE, input=key)
    await said(admin, DELETE, input=key)
    await said(admin, HISTORY)


async def test_a_cpr_number_is_nowhere_in_the_life_of_a_user(
    said, person, letters, gateways, caplog
):
    caplog.set_level(logging.DEBUG)
    admin = await person("user_administrator")

    await a_life(said, admin, letters)

    told = {
        "answers": "\n".join(said.answers),
        "letters": "\n".join(map(str, await letters("anne@example.dk"))),
        "bodies": "\n".join(one.body + one.subject for one in gateways.mail.letters),
        "logs": caplog.text + "".join(str(one.args) for one in caplog.records),
        "tables": await everything_stored(),
    }
    assert "610190-****" in told["answers"]
    assert "610190-****" in told["tables"]
    assert "insert into" in told["logs"].lower()
    for where, text in told.items():
        assert CPR not in text, where
        assert WRITTEN not in text, where

"""What an organisation has paid for, by period, kind and EAN number."""

import os
from asyncio import gather
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateways import Claims, today
from models import ChargeKind, HistoryEntry, HistoryOutcome, Organisation, RoleAssignment
from models.billing import Price
from server import Environment
from tests.making import EANS
from tests.paying import allow_eans
from tests.reading import cells_of
from tests.users import ACTIVATE, ANNE, CREATE, changes_in, link_in

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))
MONTHS = """
query Months($from: Date, $until: Date, $ean: EanNumber) {
  billing {
    months(from: $from, until: $until, eanNumber: $ean) {
      from until quantity amount lines { kind eanNumber quantity amount }
    }
  }
}
"""
FILE = """
query File($filter: TransactionFilter) {
  billing { transactions(first: 1, filter: $filter) { csv { url fileName mediaType } } }
}
"""
FIRST_DAY = date(2022, 1, 1)
DISPLAY, CHIP = ChargeKind.CODE_DISPLAY, ChargeKind.CHIP
ACTIVATION = ChargeKind.USER_ACTIVATION
# A year in which two things become dearer, one of them in the middle of a period.
PRICES = (
    Price(ACTIVATION, Decimal("20.00"), 3, FIRST_DAY, date(2027, 1, 31)),
    Price(ACTIVATION, Decimal("24.25"), 5, date(2027, 2, 1), None),
    Price(DISPLAY, Decimal("33.50"), 0, FIRST_DAY, date(2027, 4, 10)),
    Price(DISPLAY, Decimal("36.00"), 0, date(2027, 4, 11), None),
    Price(CHIP, Decimal("115.00"), 0, FIRST_DAY, None),
)


@pytest.fixture
def environment():
    return Environment(is_demo=True, prices=PRICES)


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
def months(ask, ulla):
    """The periods that an organisation administrator sees."""

    async def months(who=None, **asked):
        return (await ask(who or ulla, MONTHS, **asked))["months"]

    return months


async def test_without_a_word_the_last_six_periods_are_told_those_without_cost_too(
    months, make, hansen
):
    await make.charge(hansen, amount=20)

    found = await months()

    assert [one["from"] for one in found] == [
        *("2026-10-11", "2026-09-11", "2026-08-11", "2026-07-11", "2026-06-11", "2026-05-11")
    ]
    assert [one["until"] for one in found][:2] == ["2026-11-10", "2026-10-10"]
    assert [(one["quantity"], one["amount"]) for one in found] == [(1, "20.00"), *[(0, "0.00")] * 5]
    assert found[1]["lines"] == []


async def test_a_period_is_told_by_kind_and_ean_number(months, make, hansen):
    for amount, number in ((0, None), (20, EANS[0]), (20, EANS[0]), (20, EANS[1])):
        await make.charge(hansen, amount=amount, ean_number=number)
    await make.charge(hansen, kind=CHIP, amount=115, ean_number=EANS[0])

    found, *_ = await months()

    assert (found["quantity"], found["amount"]) == (5, "175.00")
    assert [tuple(line.values()) for line in found["lines"]] == [
        ("CHIP", EANS[0], 1, "115.00"),
        ("USER_ACTIVATION", EANS[0], 2, "40.00"),
        ("USER_ACTIVATION", EANS[1], 1, "20.00"),
        ("USER_ACTIVATION", None, 1, "0.00"),
    ]


async def test_what_is_charged_at_once_is_summed_up_without_loss(months, make, hansen):
    await gather(*(make.charge(hansen, amount=20, ean_number=one) for one in [None, EANS[0]] * 10))

    found, *_ = await months()

    assert [(one["eanNumber"], one["quantity"], one["amount"]) for one in found["lines"]] == [
        (EANS[0], 10, "200.00"),
        (None, 10, "200.00"),
    ]


async def test_one_ean_number_is_summed_up_alone(months, make, hansen):
    for number in (EANS[0], EANS[1], None):
        await make.charge(hansen, ean_number=number)

    found, *_ = await months(ean=EANS[1])

    assert (found["quantity"], found["amount"]) == (1, "20.00")
    assert [line["eanNumber"] for line in found["lines"]] == [EANS[1]]


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        pytest.param("2026-11-10T22:59:59+00:00", "2026-10-11", id="last second in winter"),
        pytest.param("2026-11-10T23:00:00+00:00", "2026-11-11", id="midnight in winter"),
        pytest.param("2027-06-10T21:59:59+00:00", "2027-05-11", id="last second in summer"),
        pytest.param("2027-06-10T22:00:00+00:00", "2027-06-11", id="midnight in summer"),
        pytest.param("2027-03-10T23:00:00+00:00", "2027-03-11", id="begins in winter"),
        pytest.param("2027-04-10T21:59:59+00:00", "2027-03-11", id="and ends in summer"),
        pytest.param("2026-12-31T23:30:00+00:00", "2026-12-11", id="over new year"),
    ],
)
async def test_a_period_runs_from_the_11th_to_the_10th_by_danish_clocks(
    months, make, hansen, gateways, moment, first
):
    await make.charge(hansen, occurred_at=datetime.fromisoformat(moment))
    gateways.clock.advance(days=300)

    found = await months(**{"from": "2026-10-11"})

    assert [one["from"] for one in found if one["quantity"]] == [first]


@pytest.mark.parametrize(
    ("asked", "first", "last", "count"),
    [
        ({"until": "2026-08-10"}, "2026-02-11", "2026-07-11", 6),
        ({"from": "2026-08-10"}, "2026-07-11", "2026-10-11", 4),
        ({"from": "2026-08-11", "until": "2026-08-11"}, "2026-08-11", "2026-08-11", 1),
        ({"from": "2000-01-01"}, "2023-11-11", "2026-10-11", 36),
        ({"from": "2000-01-01", "until": "2010-01-01"}, "2007-01-11", "2009-12-11", 36),
        ({"from": "2026-09-11", "until": "9999-12-31"}, "2026-09-11", "2026-10-11", 2),
        ({"from": "2026-11-10", "until": "2026-11-12"}, "2026-10-11", "2026-10-11", 1),
    ],
)
async def test_any_day_of_a_period_names_it_and_what_is_to_come_is_not_told(
    months, asked, first, last, count
):
    found = await months(**asked)

    assert len(found) == count
    assert (found[-1]["from"], found[0]["from"]) == (first, last)


async def test_from_a_day_after_the_last_there_is_nothing(months):
    assert await months(**{"from": "2026-11-11"}) == []
    assert await months(**{"from": "2026-09-11", "until": "2026-08-11"}) == []


@pytest.mark.parametrize(
    ("asked", "path", "problem"),
    [
        ({"from": "2026-02-30"}, ["from"], "DATE_DOES_NOT_EXIST"),
        ({"ean": "5790000123453"}, ["eanNumber"], "CHECK_DIGIT_WRONG"),
    ],
)
async def test_what_is_no_day_or_number_is_told(send, ulla, asked, path, problem):
    answer = await send(ulla, MONTHS, **asked)

    (error,) = answer["errors"]
    assert error["path"] == ["billing", "months"]
    assert (error["extensions"]["path"], error["extensions"]["problem"]) == (path, problem)


async def test_a_stranger_sees_their_own_sums_only(months, make, hansen, jensen):
    stranger = await make.user(jensen, "organisation_administrator")
    await make.charge(hansen, amount=20)
    await make.charge(jensen, amount=7)

    assert (await months())[0]["amount"] == "20.00"
    assert (await months(stranger))[0]["amount"] == "7.00"


async def test_many_periods_and_transactions_cost_no_more_statements(
    ask, asker, ulla, make, hansen, sql
):
    for days in range(40):
        await make.charge(hansen, occurred_at=make.now - timedelta(days=9 * days))
    sql()
    counts = []

    for start in ("2026-10-11", "2024-01-01"):
        response = await asker.post(ulla, MONTHS, **{"from": start})
        counts.append(sql())

    assert "X-Segl-Executor" not in response.headers
    assert counts[0] == counts[1]


class Year:
    """A made-up year of an organisation: who comes in, and who gets a device, when."""

    def __init__(self, ask, letters, gateways, make):
        self.ask, self.letters, self.gateways, self.make = ask, letters, gateways, make
        self.count = 0

    async def pass_by(self, events) -> tuple[Organisation, object]:
        home = await self.make.organisation("Hansen & Søn", eans=2)
        await allow_eans(home)
        admin = await self.make.user(home, "user_administrator", "organisation_administrator")
        for hours, device, ean, comes_in in events:
            self.gateways.clock.advance(hours=hours)
            await self.invite(admin, device, ean, comes_in)
        return home, admin

    async def invite(self, admin, device, ean, comes_in) -> None:
        self.count += 1
        cpr, email = f"610190{1000 + self.count}", f"anne{self.count}@example.dk"
        wanted = ANNE | {"person": {"cprNumber": cpr}, "email": email}
        if ean is not None:
            wanted["eanNumber"] = EANS[ean]
        if device:
            address = {"deliveryAddress": "Storegade 1"}
            wanted["authenticators"] = [{"kind": "SEPARATE_MITID", "device": device, **address}]
        made = await self.ask(admin, CREATE, input=wanted)
        assert made["errors"] == []
        if comes_in:
            link = link_in((await self.letters(email))[-1])
            entered = await self.ask(Claims(cpr_number=cpr), ACTIVATE, input={"link": link})
            assert entered["errors"] == []


def first_day(day: date) -> date:
    """Of the period in which a day lies."""
    if day.day < 11:
        day = day.replace(day=1) - timedelta(days=1)
    return day.replace(day=11)


def told(entries: list[HistoryEntry]) -> list[tuple[date, ChargeKind, str, Decimal]]:
    """What the history says that something was paid for: when, what, by which number, how much."""
    found, entered = [], 0
    created = {one.about_id: changes_in(one) for one in entries if one.operation == "createUser"}
    for one in entries:
        day, changes = today(one.occurred_at), changes_in(one)
        if one.operation == "activateUser" and one.about_kind == "USER":
            kind, payer = ACTIVATION, one.about_id
        elif "device" in changes and changes["device"][1] != "APP":
            kind, payer = ChargeKind(changes["device"][1]), one.concerns_id
        else:
            continue
        (price,) = [p for p in PRICES if p.kind is kind and p.from_ <= day <= (p.until or date.max)]
        is_free = kind is ACTIVATION and entered < price.free_quantity
        entered += kind is ACTIVATION
        number = created[payer].get("ean", (None, EANS[0]))[1]
        found.append((first_day(day), kind, number, Decimal(0) if is_free else price.amount))
    return found


@pytest.fixture
def year(ask, letters, gateways, make):
    return Year(ask, letters, gateways, make)


HOURS = st.integers(0, 40 * 24)
EVENTS = st.lists(
    st.tuples(
        HOURS,
        st.sampled_from([None, None, "CODE_DISPLAY", "CHIP"]),
        st.sampled_from([None, 0, 1]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=1,
    max_size=16,
)


async def test_the_sums_are_what_the_history_says_by_the_prices_of_the_days(year, ask):
    @settings(
        max_examples=100 if IS_PROOF else 12,
        derandomize=not IS_PROOF,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(EVENTS)
    def equal(events):
        from_thread.run(check, events)

    async def check(events):
        home, admin = await year.pass_by(events)
        entries = HistoryEntry.filter(organisation_id=home.id, outcome=HistoryOutcome.DONE)
        paid = told(await entries.order_by("sequence"))
        start = first_day(min((one[0] for one in paid), default=today(year.make.now)))

        answer = (await ask(admin, MONTHS, **{"from": start}))["months"]

        quantities = Counter(one[:3] for one in paid)
        lines = {
            (date.fromisoformat(month["from"]), ChargeKind(line["kind"]), line["eanNumber"]): line
            for month in answer
            for line in month["lines"]
        }
        assert {key: line["quantity"] for key, line in lines.items()} == quantities
        for key, line in lines.items():
            assert Decimal(line["amount"]) == sum(one[3] for one in paid if one[:3] == key)
        for month in answer:
            assert month["quantity"] == sum(line["quantity"] for line in month["lines"])
            amounts = [Decimal(line["amount"]) for line in month["lines"]]
            assert Decimal(month["amount"]) == sum(amounts)
        assert sum(Decimal(one["amount"]) for one in answer) == sum(one[3] for one in paid)

    await to_thread.run_sync(equal)


@pytest.fixture
def lines(ask, client, ulla):
    """The cells of the file that an organisation administrator fetches, by their headings."""

    async def lines(**filter):
        offered = (await ask(ulla, FILE, filter=filter))["transactions"]["csv"]
        assert (offered["fileName"], offered["mediaType"]) == (
            "transactions.csv",
            "text/csv; charset=utf-8",
        )
        return cells_of(await client.get(offered["url"]))

    return lines


async def test_what_has_been_paid_for_comes_as_a_file_too(lines, make, person, hansen):
    user = await person(name="=1+1 Holm")
    certificate = await make.certificate(hansen, user=user)
    await make.charge(hansen, kind=CHIP, amount=115)
    facts = {"kind": "USER_CERTIFICATE", "amount": "33.50", "ean_number": EANS[0]}
    facts |= {"user": user, "certificate": certificate}
    await make.charge(hansen, occurred_at=make.now + timedelta(hours=1), **facts)

    latest, first = await lines()

    assert latest == {
        "Tidspunkt": "2026-11-02T10:00:00+00:00",
        "Type": "USER_CERTIFICATE",
        "Beløb": "33,50",
        "EAN": EANS[0],
        "Bruger": "'=1+1 Holm",
        "Bruger-UUID": str(user.uuid),
        "Certifikat-UUID": str(certificate.uuid),
    }
    assert (first["Type"], first["Beløb"], first["Bruger"]) == ("CHIP", "115,00", "")


async def test_the_file_holds_the_whole_list_by_the_same_filter(lines, make, hansen, jensen):
    for number in range(130):
        await make.charge(hansen, kind=(CHIP, DISPLAY)[number % 2])
    await make.charge(jensen, kind=CHIP)

    assert len(await lines()) == 130
    assert len(await lines(kind=["CHIP"])) == 65
    assert await lines(until="2026-11-01") == []


async def test_whoever_has_lost_the_role_is_given_no_file(ask, client, make, hansen, ulla):
    await make.charge(hansen)
    offered = (await ask(ulla, FILE))["transactions"]["csv"]
    fetched = await client.get(offered["url"])
    await RoleAssignment.filter(user_id=ulla.id).delete()

    response = await client.get(offered["url"])

    assert (fetched.status_code, response.status_code) == (200, 404)
    entry = await HistoryEntry.get(activity="billing:read_overview")
    assert (entry.operation, entry.actor_user_id) == ("exportTransactions", ulla.id)


async def test_the_file_is_offered_by_the_planner(asker, make, hansen, ulla):
    response = await asker.post(ulla, FILE)

    assert "X-Segl-Executor" not in response.headers
    assert response.json()["data"]["billing"]["transactions"]["csv"]

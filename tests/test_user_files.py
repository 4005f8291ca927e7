"""Files of users: how they are written, what can be wrong with them, and that the rules are one."""

import csv
import inspect
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from models import (
    AssuranceLevel,
    AuthenticatorSettings,
    Organisation,
    User,
    UserSettings,
    UserStatus,
    messages,
)
from models.refusals import Invalid, Refusals
from models.user_files import COLUMNS, HEADINGS, decoded, read, template
from policies import Policy, Subject
from resolvers import user_cells, user_rows, user_rules
from resolvers.context import Context, Rules
from resolvers.user_rows import check, meet, terms_of
from tests.users import CREATE, DELETE, UPDATE

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
HEAD = ";".join(HEADINGS)
ROW = "C;;Anne;Holm;6101902001;;anne@example.dk;;;;3;;;;"
SHARED = "6101901103"


def rows(text):
    return list(read(text))


def codes(text):
    """The codes of a file that is refused as a whole."""
    with pytest.raises((Invalid, Refusals)) as refused:
        rows(decoded(text) if isinstance(text, bytes) else text)
    value = refused.value
    return [one.code for one in getattr(value, "refusals", [value])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_file_may_have_any_encoding_that_excel_writes(encoding):
    text = f"{HEAD}\r\nC;;Åse;Bæk;;01011990;aase@example.dk;;;;3;;;;\r\n"

    (row,) = rows(decoded(text.encode(encoding)))

    assert row.cells[2:4] == ["Åse", "Bæk"]


def test_the_template_is_the_headings_as_excel_opens_them():
    assert template() == b"\xef\xbb\xbf" + HEAD.encode() + b"\r\n"
    assert len(COLUMNS) == 15
    assert codes(template()) == ["FILE_EMPTY"]


WHOLE = {
    "": ["FILE_EMPTY"],
    HEAD: ["FILE_EMPTY"],
    f"{HEAD}\n;;;;;;;;;;;;;;\n": ["FILE_EMPTY"],
    f"{HEAD}\n{ROW}".replace(";", ","): ["FILE_NOT_SEMICOLON_SEPARATED"],
    f"{HEAD}\n{ROW}".replace(";", "\t"): ["FILE_NOT_SEMICOLON_SEPARATED"],
    f"{HEAD};Mobil\n{ROW};": ["COLUMN_COUNT_WRONG"],
    f"{HEAD.removesuffix(';Loginmiddel')}\n{ROW}": ["COLUMN_COUNT_WRONG"],
    f"{HEAD}\n{ROW}".replace("Foedselsdato", "Fødselsdato"): ["HEADER_NEEDS_OE"],
    f"{HEAD}\n{ROW}".replace("Email", "Post").replace("EAN", "Konto"): ["HEADER_WRONG"] * 2,
    f"{HEAD}\n{ROW}".replace("Fornavn;Efternavn", "Efternavn;Fornavn"): ["HEADER_WRONG"] * 2,
    f"{HEAD}\n{ROW}".encode("utf-16"): ["FILE_ENCODING_UNKNOWN"],
    f"{HEAD}\n{ROW}".encode() + b"\x81": ["FILE_ENCODING_UNKNOWN"],
    f"{HEAD}\n" + f"{ROW}\n" * 100_001: ["FILE_TOO_LARGE"],
    b" " * 50_000_001: ["FILE_TOO_LARGE"],
}


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_a_file_that_is_wrong_as_a_whole_is_refused_as_a_whole(text):
    assert codes(text) == WHOLE[text]


def test_headings_may_be_written_otherwise_and_in_any_case():
    head = HEAD.upper().replace("EAN", "EAN-nummer").replace("P-NUMMER", "Pnummer")
    head = head.replace("LOGINMIDDEL", "Login means").replace("SE-NUMMER", "senummer")

    assert len(rows(f"sep=;\r\n{head};;\r\n{ROW};;\r\n\r\n")) == 1


def test_a_row_has_the_line_that_it_begins_on_and_no_more_cells_than_columns():
    text = f'{HEAD};Fejl\n{ROW};CPR: wrong\n\n"C";;"Anne\nMarie";x\n{ROW};\n{ROW};;;\n'

    found = rows(text)

    assert [(one.line, len(one.cells)) for one in found] == [(2, 15), (4, 4), (6, 15), (7, 15)]


def cells(name):
    with open(HERE / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


@pytest.fixture
async def organisation(make) -> Organisation:
    """An organisation that forbids much, with the users of the file of mistakes."""
    here = await make.organisation(
        "Hansen & Søn ApS",
        production_units=1,
        eans=1,
        assurance_level=AssuranceLevel.SUBSTANTIAL,
    )
    settings = await UserSettings.get(organisation_id=here.id)
    kinds = await AuthenticatorSettings.get(organisation_id=here.id)
    settings.can_be_anonymous, kinds.allowed_kinds = False, ["SEPARATE_MITID"]
    async with make.change(here.id):
        await settings.save()
        await kinds.save()
    for number in range(1, 27):
        facts = {"cpr": SHARED if number == 4 else f"61019011{number:02}"}
        if number == 5:
            facts |= {"status": UserStatus.DELETED}
        roles = ["organisation_administrator"] if number == 6 else []
        await make.user(here, *roles, uuid=UUID(identity(number)), **facts)
    return here


def identity(number):
    return f"11111111-1111-4111-8111-1111111111{number:02}"


@pytest.fixture
def terms(gateways):
    async def terms(organisation):
        subject = Subject.user(uuid4(), organisation.id, ())
        now = gateways.clock.now()
        rules = Rules(admits_replacement_numbers=True)
        return await terms_of(
            Context(gateways, Policy(), rules, subject, now, now.date(), "en", uuid4())
        )

    return terms


@pytest.fixture
def checked(terms):
    async def checked(organisation, text):
        found, known = rows(text), await terms(organisation)
        await meet(found, known)
        return [check(row, known) for row in found]

    return checked


async def test_forty_kinds_of_mistake_are_each_told_with_line_column_code_and_two_messages(
    organisation, checked
):
    text, (_, *written) = (HERE / "mistakes.csv").read_text(), cells("mistakes.csv")

    found = await checked(organisation, text)

    told = [", ".join(f"{column or ''}: {one.code}" for column, one in row.faults) for row in found]
    assert told == [row[15] if len(row) > 5 else row[4] for row in written]
    kinds = {(column, one.code) for row in found for column, one in row.faults}
    assert len(kinds) >= 40
    for row in found:
        for column, one in row.faults:
            said = {language: one.message(language, field=column) for language in ("en", "da")}
            assert said["en"] != said["da"]
            assert not any(cell and len(cell) > 8 and cell in str(said) for cell in CPRS)


CPRS = [row[4] for row in cells("mistakes.csv")[1:]]


async def test_correcting_the_mistakes_by_their_messages_passes_in_one_round(organisation, checked):
    before, after = cells("mistakes.csv"), cells("mistakes_corrected.csv")
    former = await checked(organisation, (HERE / "mistakes.csv").read_text())

    found = await checked(organisation, (HERE / "mistakes_corrected.csv").read_text())

    assert [row.line for row in found if row.faults] == []
    for row, old, new in zip(former, before[1:-1], after[1:-1], strict=False):
        touched = {HEADINGS[at] for at in range(15) if old[at] != new[at]}
        about = {column for column, _ in row.faults}
        # A fault of the whole row, or of one of two columns that say the same, may be mended in
        # another column.
        is_named = touched <= about or None in about or about & {"CPR", "UUID"}
        assert is_named, (row.line, touched, about)
        for column, fault in row.faults:
            guess = getattr(fault, "suggestion", None)
            if guess and "*" not in guess:  # it has the right form; the organisation may forbid it
                assert new[HEADINGS.index(column)] in (guess, "", "N")


async def test_a_lost_zero_is_suggested_without_giving_the_number_away(organisation, checked):
    row = ROW.replace("6101902001", "101902001")

    (found,) = await checked(organisation, f"{HEAD}\n{row}")

    ((column, fault),) = found.faults
    assert (column, fault.code, fault.suggestion) == ("CPR", "LEADING_ZERO_LOST", "010190-****")


async def test_what_keeps_a_spreadsheet_from_running_a_cell_is_taken_off(organisation, checked):
    row = ROW.replace("Anne", "'=Anne").replace("Holm", "'Holm")

    (found,) = await checked(organisation, f"{HEAD}\n{row}")

    assert (found.given["first_name"], found.given["surname"]) == ("=Anne", "'Holm")


# What is refused in one cell, and how the single change is given the same value.
ALIKE = [
    ("Fornavn", "", "firstName", "  "),
    ("Fornavn", "A" * 101, "firstName", None),
    ("Fornavn", "An\u0007ne", "firstName", None),
    ("Efternavn", "", "surname", "  "),
    ("Efternavn", "A" * 101, "surname", None),
    ("Efternavn", "Ho\u0007lm", "surname", None),
    ("CPR", "6,10190E+09", "person.cprNumber", None),
    ("CPR", "101902001", "person.cprNumber", None),
    ("CPR", "61019030", "person.cprNumber", None),
    ("CPR", "3113901234", "person.cprNumber", None),
    ("CPR", "6101304005", "person.cprNumber", None),
    ("CPR", "610118903007", "person.cprNumber", None),
    ("Foedselsdato", "31021990", "person.dateOfBirth", "1990-02-31"),
    ("Foedselsdato", "01012099", "person.dateOfBirth", "2099-01-01"),
    ("Email", "", "email", "  "),
    ("Email", "anne@", "email", None),
    ("Email", "a" * 250 + "@example.dk", "email", None),
    ("Telefon", "+45 20 30 40 50", "phoneNumber", None),
    ("Telefon", "2,03041E+07", "phoneNumber", None),
    ("Anonym", "J", "isAnonymous", True),
    ("Referencetekst", "A-17", "referenceText", None),
    ("Referencetekst", "A" * 201, "referenceText", None),
    ("TargetIAL", "4", "targetAssuranceLevel", "HIGH"),
    ("EAN", "5,79E+12", "eanNumber", None),
    ("EAN", "12345", "eanNumber", None),
    ("EAN", "5790000123453", "eanNumber", None),
    ("EAN", "5790001234560", "eanNumber", None),
    ("EAN", "5790000123452", "eanNumber", None),
    ("P-nummer", "1,02983E+09", "pNumber", None),
    ("P-nummer", "102982982", "pNumber", None),
    ("P-nummer", "1029829826", "pNumber", None),
    ("P-nummer", "1017862568", "pNumber", None),
    ("SE-nummer", "DK 10 15 08 17", "seNumber", None),
    ("SE-nummer", "10150818", "seNumber", None),
    ("SE-nummer", "10150817", "seNumber", None),
    ("Loginmiddel", "PrivatID", "authenticators", [{"kind": "PRIVATE_MITID"}]),
]
GOOD = {
    "firstName": "Anne",
    "surname": "Holm",
    "email": "anne@example.dk",
    "person": {"cprNumber": "6101902001"},
}


@pytest.mark.parametrize(("column", "cell", "argument", "given"), ALIKE)
async def test_the_single_change_and_the_row_refuse_alike(
    organisation, checked, ask, make, column, cell, argument, given
):
    admin = await make.user(organisation, "user_administrator")
    value = cell if given is None else given
    name, _, inner = argument.partition(".")
    single = GOOD | {name: {inner: value} if inner else value}
    row = ROW.split(";")
    if column == "Foedselsdato":
        row[HEADINGS.index("CPR")] = ""
    row[HEADINGS.index(column)] = cell

    answer = await ask(admin, CREATE, input=single)
    (found,) = await checked(organisation, f"{HEAD}\n{';'.join(row)}")

    ((heading, fault),) = found.faults
    (error,) = answer["errors"]
    assert (heading, fault.code) == (column, error["code"])
    assert fault.message("da", field=error["path"][-1]) == error["message"]


# The same of a user that exists: the columns by which it is changed, and not found.
LATER = ("Email", "Telefon", "Referencetekst", "TargetIAL", "EAN", "P-nummer", "SE-nummer")
ALIKE_LATER = [one for one in ALIKE if one[0] in LATER and one[1]]


@pytest.mark.parametrize(("column", "cell", "argument", "given"), ALIKE_LATER)
async def test_the_single_change_and_the_row_refuse_alike_what_exists(
    organisation, checked, ask, make, column, cell, argument, given
):
    admin = await make.user(organisation, "user_administrator")
    user = await User.get(organisation_id=organisation.id, uuid=UUID(identity(1)))
    single = {"userId": user.id, argument: cell if given is None else given}
    row = dict.fromkeys(HEADINGS, "") | {"Aktion": "U", "UUID": identity(1), column: cell}

    answer = await ask(admin, UPDATE, input=single)
    (found,) = await checked(organisation, f"{HEAD}\n{';'.join(row.values())}")

    ((heading, fault),) = found.faults
    (error,) = answer["errors"]
    assert (heading, fault.code) == (column, error["code"])
    assert fault.message("da", field=error["path"][-1]) == error["message"]


STATES = [
    (5, "U", {"Telefon": "20304050"}, UPDATE, {"phoneNumber": "20304050"}),
    (1, "U", {}, UPDATE, {}),
    (5, "D", {}, DELETE, {}),
    (6, "D", {}, DELETE, {}),
]


@pytest.mark.parametrize(("number", "action", "filled", "document", "given"), STATES)
async def test_the_single_change_and_the_row_mind_the_same_states(
    organisation, checked, ask, make, number, action, filled, document, given
):
    admin = await make.user(organisation, "user_administrator")
    user = await User.get(organisation_id=organisation.id, uuid=UUID(identity(number)))
    row = dict.fromkeys(HEADINGS, "") | {"Aktion": action, "UUID": identity(number)} | filled

    answer = await ask(admin, document, input={"userId": user.id} | given)
    (found,) = await checked(organisation, f"{HEAD}\n{';'.join(row.values())}")

    ((heading, fault),) = found.faults
    assert (heading, [fault.code]) == (None, answer.problems)


# What a file alone can be told, and why; everything else stands in the tables above.
FILE_ALONE = {
    # GraphQL has types where a file has texts.
    *(("Aktion", code) for code in ("ACTION_UNKNOWN", "REQUIRED")),
    *(("Foedselsdato", code) for code in ("MALFORMED", "LEADING_ZERO_LOST", "SCIENTIFIC_NOTATION")),
    *((column, "MALFORMED") for column in ("Anonym", "TargetIAL", "Loginmiddel")),
    # The guide demands it of a file.
    ("TargetIAL", "REQUIRED"),
    # The single change has no such argument, or exactly one of two.
    *((column, "MUST_BE_EMPTY") for column in HEADINGS[1:]),
    *((column, "CELL_LOOKS_EMPTY") for column in HEADINGS[1:]),
    ("Anonym", "ANONYMITY_ONLY_AT_CREATION"),
    ("CPR", "CPR_OR_DATE_OF_BIRTH"),
    # The single change is told the id of one user.
    *(("UUID", code) for code in ("REQUIRED", "MALFORMED", "SCIENTIFIC_NOTATION", "UUID_UNKNOWN")),
    *(("CPR", code) for code in ("NOT_FOUND", "CPR_AMBIGUOUS")),
    (None, "ROW_REPEATS_USER"),
    (None, "COLUMN_COUNT_WRONG"),
}


async def test_the_tables_speak_of_every_rule_of_a_row(organisation, checked):
    text = [HEAD]
    for number, (column, cell, *_) in enumerate(ALIKE):
        row = ROW.replace("anne@", f"anne{number}@").split(";")
        row[HEADINGS.index("CPR")] = f"61019020{number:02}"
        row[HEADINGS.index(column)] = cell
        if column == "Foedselsdato":
            row[HEADINGS.index("CPR")] = ""
        text.append(";".join(row))
    for number, action, filled, *_ in STATES:
        row = dict.fromkeys(HEADINGS, "") | {"Aktion": action, "UUID": identity(number)} | filled
        text.append(";".join(row.values()))

    alike = await checked(organisation, "\n".join(text))
    every = await checked(organisation, (HERE / "mistakes.csv").read_text())

    spoken = {(column, one.code) for row in alike for column, one in row.faults}
    rules = {(column, one.code) for row in every for column, one in row.faults}
    assert rules - spoken - FILE_ALONE == set()
    assert spoken & FILE_ALONE == set()
    assert codes_raised() - {code for _, code in spoken | FILE_ALONE} == set()


def codes_raised():
    """The codes that the modules of rows raise, by their text."""
    modules = (user_rows, user_rules, user_cells)
    found = {
        one
        for module in modules
        for one in re.findall(r'"([A-Z]{3,}(?:_[A-Z]+)+)"', inspect.getsource(module))
    }
    return found & {*messages.CODES} - {"NAME_FIXED_AFTER_ACTIVATION"}  # a file changes no names


async def test_users_of_another_organisation_are_not_found(organisation, checked, make, jensen):
    stranger = await make.user(jensen, cpr="6101908888")
    text = f"{HEAD}\nU;{stranger.uuid};;;;;;20304050;;;;;;;\nU;;;;6101908888;;;20304050;;;;;;;"

    found = await checked(organisation, text)

    assert [[one.code for _, one in row.faults] for row in found] == [
        ["UUID_UNKNOWN"],
        ["NOT_FOUND"],
    ]


async def test_two_jobs_of_one_person_are_two_users_and_one_job_twice_is_a_mistake(
    organisation, checked
):
    again = ROW.replace("anne@", "anne.job2@")

    found = await checked(organisation, f"{HEAD}\n{ROW}\n{again}\n{ROW}")

    assert [[one.code for _, one in row.faults] for row in found] == [[], [], ["ROW_REPEATS_USER"]]


async def test_the_last_administrators_cannot_all_go_in_one_file(organisation, checked, make):
    second = await make.user(organisation, "organisation_administrator")
    text = f"{HEAD}\nD;{identity(6)};;;;;;;;;;;;;\nD;{second.uuid};;;;;;;;;;;;;"

    found = await checked(organisation, text)

    assert [[one.code for _, one in row.faults] for row in found] == [
        [],
        ["LAST_ORGANISATION_ADMINISTRATOR"],
    ]

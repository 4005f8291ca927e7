"""How an organisation begins: with an organisation administrator, who is invited by letter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from gateways import Gateways, NoMail, today
from gateways.settings import Unusable
from gateways.terminal import asked, text_of
from models import Actor, ActorKind, AssuranceLevel, Change, Organisation, Role, RoleAssignment
from models.history import record
from models.numbers import (
    CvrNumber,
    EanNumber,
    Email,
    check_cpr_number,
    check_cvr_number,
    check_date,
    check_ean_number,
    check_email,
    check_past,
    check_text,
)
from models.refusals import Invalid
from models.texts import Name, Title
from policies import Policy, Subject
from resolvers import organisations, users
from resolvers.activations import CodedUser
from resolvers.context import Context, Rules
from resolvers.persons import PersonIdentifier

# What is asked for, by the argument that gives it.
WORDS = {
    "cvr": "CVR number",
    "name": "Name of the organisation",
    "level": "Assurance level, 3 or 4",
    "ean": "EAN number that pays",
    "first_name": "The administrator's first name",
    "surname": "The administrator's surname",
    "email": "The administrator's e-mail address",
    "cpr": "The administrator's CPR number, or nothing to give a date of birth",
    "born": "The administrator's date of birth, as in 1990-01-31",
}
NEEDED = ("cvr", "name", "level", "first_name", "surname", "email")
NEXT = """\
Next, {name} follows the link and signs in with private MitID, and then gives out the other roles by
assignRole: USER_ADMINISTRATOR first, since an organisation administrator creates no users."""


@dataclass(frozen=True)
class Beginning:
    """An organisation that is to begin, and the person who will administer it."""

    cvr: CvrNumber
    name: str
    level: AssuranceLevel
    first_name: str
    surname: str
    email: Email
    person: PersonIdentifier = field(repr=False)
    is_public: bool
    ean: EanNumber | None = None


def beginning(given: Mapping[str, Any], rules: Rules, day: date) -> Beginning:
    """Reads what was given, and asks for what was not; all that is wrong is told at once."""
    texts = {name: given[name] or asked(WORDS[name]) for name in NEEDED}
    if given["public"] or given["ean"]:
        texts["ean"] = given["ean"] or asked(WORDS["ean"])
    texts |= proofs(given["born"], given["cpr_from"])
    values, faults = dict[str, Any](), list[str]()
    for name, check in checks(rules, day).items():
        try:
            if name in texts:
                values[name] = check(texts[name])
        except Invalid as fault:
            words, _, _ = WORDS[name].partition(",")
            faults.append(f"{option(name)}: {fault.message('en', field=words)}")
    if not {"cpr", "born"} & texts.keys() or {"cpr", "born"} <= texts.keys():
        faults.append(f"--born, --cpr-from: {Invalid('CPR_OR_DATE_OF_BIRTH')}")
    if faults:
        raise Unusable("\n".join(faults))
    person = PersonIdentifier(values.pop("cpr", None), values.pop("born", None))
    return Beginning(**values, person=person, is_public=given["public"])


def proofs(born: str | None, cpr_from: str | None) -> dict[str, str]:
    """What the administrator will be recognised by: a CPR number comes by no argument."""
    given = {"born": born, "cpr": text_of(cpr_from) if cpr_from else None}
    if not born and not cpr_from:
        given["cpr"] = asked(WORDS["cpr"], is_hidden=True)
        given["born"] = None if given["cpr"] else asked(WORDS["born"])
    return {name: text for name, text in given.items() if text}


def checks(rules: Rules, day: date) -> dict[str, Callable[[str], Any]]:
    """What reads each value, and refuses what is wrong with it."""
    tests, replacements = rules.admits_test_organisations, rules.admits_replacement_numbers
    return {
        "cvr": partial(check_cvr_number, test_organisations=tests),
        "name": text_check(Title),
        "level": check_level,
        "ean": check_ean_number,
        "first_name": text_check(Name),
        "surname": text_check(Name),
        "email": check_email,
        "cpr": partial(check_cpr_number, today=day, replacements=replacements),
        "born": lambda text: check_past(check_date(text), today=day),
    }


def text_check(kind: Any) -> Callable[[str], str]:
    (length,) = kind.__metadata__
    return partial(check_text, least=length.least, most=length.most)


def check_level(text: str) -> AssuranceLevel:
    """Read an assurance level by its code."""
    levels = {str(one.value): one for one in AssuranceLevel}
    if not text.strip():
        raise Invalid("REQUIRED")
    if text.strip() not in levels:
        raise Invalid("OUT_OF_RANGE", least=min(AssuranceLevel), most=max(AssuranceLevel))
    return levels[text.strip()]


def option(name: str) -> str:
    return "--cpr-from" if name == "cpr" else f"--{name.replace('_', '-')}"


async def begin(reach: Gateways, policy: Policy, rules: Rules, wanted: Beginning) -> str:
    """Makes an organisation and invites its administrator; tells what comes next."""
    change = Change("organisation:add", "addOrganisation", reach.clock.now(), uuid4())
    async with in_transaction():
        change.begin()
        organisation = await founded(wanted)
        subject = Subject(None, organisation.id, frozenset())
        context = Context.beside(reach, policy, rules, subject, "Segl", change.request_uuid)
        invited = await users.enrol(
            context, wanted.first_name, wanted.surname, wanted.person, email=wanted.email
        )
        actor = await Actor.named(organisation.id, ActorKind.SYSTEM, context.name)
        await appoint(context, invited, actor)
        await record(change, actor)
    return told(organisation, invited, waits=isinstance(reach.mail, NoMail))


async def founded(wanted: Beginning) -> Organisation:
    """Makes an organisation, unless there is one with its number."""
    try:
        return await organisations.found(
            cvr_number=wanted.cvr,
            name=wanted.name,
            assurance_level=wanted.level,
            is_public=wanted.is_public,
            eans={wanted.ean: wanted.name} if wanted.ean else None,
        )
    except IntegrityError:
        words = f"--cvr: An organisation with the CVR number {wanted.cvr} is here already."
        raise Unusable(words) from None


async def appoint(context: Context, invited: CodedUser, actor: Actor) -> None:
    """Gives the organisation its first administrator, and notes it in the user's history."""
    role = Role.ORGANISATION_ADMINISTRATOR
    Change.under_way().touch(invited.user).notes["roles"] = ([], [role])
    await RoleAssignment.create(
        organisation_id=context.organisation_id,
        user_id=invited.user.id,
        role=role,
        from_on=context.today,
        assigned_by=actor,
        assigned_at=context.now,
    )


def told(organisation: Organisation, invited: CodedUser, waits: bool) -> str:
    """What has been done, and what comes next."""
    user, code = invited.user, invited.temporary_code
    letter = f"A letter with a link to {user.email} leaves as soon as a server or a worker runs."
    if waits:
        letter = f"A letter with a link to {user.email} waits until SEGL_SMTP_URL says where to."
    lines = [f"{organisation.name}, CVR {organisation.cvr_number}, has been added.", letter]
    if code:
        until = today(code.expires_at)
        lines.append(
            f"The temporary code, shown only now, is {code.code}: hand it over by a secure channel."
            f" It works until {until:%d.%m.%Y}."
        )
    return "\n".join([*lines, NEXT.format(name=user.name)])

"""The demo: two organisations, the people one can be in it, and a little of everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tortoise.transactions import in_transaction

from gateways import Gateways, today
from models import (
    Actor,
    ActorKind,
    Authenticator,
    AuthenticatorKind,
    AuthenticatorStatus,
    Certificate,
    CertificateProfile,
    Change,
    ChargeKind,
    DeviceKind,
    Group,
    GroupMember,
    Language,
    Organisation,
    PowerOfAttorney,
    PowerOfAttorneyRight,
    PowerOfAttorneyUser,
    ProductionUnit,
    Request,
    RequestKind,
    Right,
    RightAssignment,
    Role,
    RoleAssignment,
    User,
    UserSettings,
    UserStatus,
)
from models.history import record
from models.numbers import CprNumber, birth_date, mask_cpr_number
from policies import Subject, law
from resolvers import organisations, settling
from resolvers.charging import charge, charge_certificate
from resolvers.context import Context, Rules
from resolvers.demo_certificates import certify

ADMINISTRATORS = (
    Role.ORGANISATION_ADMINISTRATOR,
    Role.USER_ADMINISTRATOR,
    Role.RIGHTS_ADMINISTRATOR,
)
ADDRESS = "Storegade 1, 8000 Aarhus C"
HOME, ELSEWHERE, PUBLIC = "10150817", "13748136", "10213231"

# The word that signs one in, the name, the organisation, the roles.
PEOPLE = (
    ("organisation-administrator", "Ulla Møller", HOME, ADMINISTRATORS[:1]),
    ("user-administrator", "Bo Holm", HOME, ADMINISTRATORS[1:2]),
    ("rights-administrator", "Dorte Friis", HOME, ADMINISTRATORS[2:]),
    ("employee", "Eva Lund", HOME, ()),
    ("owner", "Niels Skovgaard", HOME, ADMINISTRATORS),
    ("stranger", "Kirsten Bech", ELSEWHERE, ADMINISTRATORS),
    ("public-administrator", "Åse Dam", PUBLIC, ADMINISTRATORS),
)
FIRST_NAMES = ["Anne", "Lars", "Mette", "Søren", "Hanne", "Jens", "Lone", "Peter", "Inge", "Ole"]
SURNAMES = [
    "Jensen",
    "Nielsen",
    "Hansen",
    "Pedersen",
    "Østergaard",
    "Ågaard",
    "Lauridsen",
    "Thomsen",
]
ORGANISATIONS = {
    HOME: {
        "name": "Hansen & Søn ApS",
        "production_units": {
            "1029829825": "Hovedkontoret",
            "1003388394": "Lageret i Kolding",
        },
        "vat_units": {"10150817": "Hansen & Søn"},
        "eans": {"5790000123452": "Bogholderiet"},
    },
    ELSEWHERE: {"name": "Revision Bech A/S", "production_units": {}},
    PUBLIC: {
        "name": "Nordby Kommune",
        "is_public": True,
        "eans": {"5790001234560": "Rådhuset"},
    },
}


@asynccontextmanager
async def making(organisation_id: object, now: datetime) -> AsyncIterator[None]:
    """A change by the system, in one transaction and with its history."""
    change = Change("organisation:read", "demo", now, uuid4())
    async with in_transaction():
        change.begin()
        yield
        here = organisation_id or next(iter(change.touched))
        actor = await Actor.named(here, ActorKind.SYSTEM, "Segl")  # type: ignore[arg-type]
        await record(change, actor)


async def load(reach: Gateways) -> bool:
    """Makes the demo's data, once; tells whether there was anything to make."""
    if await Organisation.exists():
        return False
    now = reach.clock.now()
    for cvr_number, facts in ORGANISATIONS.items():
        async with making(None, now):
            await organisations.found(cvr_number=cvr_number, **facts)  # type: ignore[arg-type]
    for number, (word, name, cvr_number, roles) in enumerate(PEOPLE):
        await person(reach, number, name, f"{word}@example.dk", cvr_number, roles)
    for number in range(60):
        first, last = FIRST_NAMES[number % 10], SURNAMES[number % 8]
        email = f"bruger{number + 1}@example.dk"
        await person(reach, 100 + number, f"{first} {last}", email, HOME, ())
    context = Context.beside(reach, law(), Rules(), Subject.person(), "Segl", uuid4())
    await furnish(context)
    await give_rights(now)
    await give_power(now)
    await bill(context)
    await ask(reach)
    return True


async def person(
    reach: Gateways,
    number: int,
    name: str,
    email: str,
    cvr_number: str,
    roles: tuple[Role, ...],
) -> None:
    """An active user with a replacement CPR number, which nobody in the world has."""
    now = reach.clock.now()
    organisation = await Organisation.get(cvr_number=cvr_number)
    units = await organisation_units(organisation)
    cpr = cpr_number(number)
    async with making(organisation.id, now):
        user = User(
            organisation_id=organisation.id,
            status=UserStatus.ACTIVE,
            email=email,
            phone_number=f"{20000000 + number}",
            **proved(reach, cpr),
            date_of_birth=birth_date(cpr),
            target_assurance_level=organisation.assurance_level,
            assurance_level=organisation.assurance_level,
            production_unit_id=units[number % len(units)] if units else None,
            activated_at=now,
        )
        user.rename(*name.split(" ", 1))
        await user.save()
    for role in roles:
        await RoleAssignment.create(
            organisation_id=organisation.id,
            user_id=user.id,
            role=role,
            from_on=today(now),
            assigned_at=now,
        )


def cpr_number(number: int) -> CprNumber:
    day, month, year = 61 + number % 28, 1 + number % 12, 60 + number % 40
    return CprNumber(f"{day:02}{month:02}{year:02}{1000 + number}")


def proved(reach: Gateways, cpr: CprNumber) -> dict[str, Any]:
    """A CPR number as it is stored: masked, sealed and hashed."""
    return {
        "cpr_number": mask_cpr_number(cpr),
        "cpr_number_sealed": reach.vault.seal(cpr),
        "cpr_number_hash": reach.vault.fingerprint(cpr),
    }


async def organisation_units(organisation: Organisation) -> list[object]:
    units = ProductionUnit.filter(organisation_id=organisation.id).order_by("p_number")
    return list(await units.values_list("id", flat=True))


async def furnish(context: Context) -> None:
    """A group, a profile, some certificates and authenticators for the first organisation."""
    now = context.now
    organisation = await Organisation.get(cvr_number=HOME)
    here = {"organisation_id": organisation.id}
    actor = await Actor.named(organisation.id, ActorKind.SYSTEM, "Segl")
    users = await User.filter(**here).order_by("id").limit(20)
    async with making(organisation.id, now):
        group = Group(**here, name="Løn", description="Indberetter løn")
        await group.save()
        for user in users[:5]:
            await GroupMember(**here, group_id=group.id, user_id=user.id, added_by=actor).save()
        profile = CertificateProfile(
            **here,
            name="Lønsystemet",
            email="loen@example.dk",
            contact_name="Bo Holm",
            contact_email="user-administrator@example.dk",
            is_email_validated=True,
        )
        await profile.save()
        eva = next(one for one in users if one.email == "employee@example.dk")
        await certify(context, users, eva, profile)
        await let_sign_in(users, now)
    await settling.turn(context.gateways)


async def let_sign_in(users: list[User], now: datetime) -> None:
    """Everybody has the app; every other one may use private MitID, and some wait for a device."""
    app: dict[str, Any] = {"kind": AuthenticatorKind.SEPARATE_MITID, "device": DeviceKind.APP}
    private: dict[str, Any] = {"kind": AuthenticatorKind.PRIVATE_MITID}
    display = app | {"device": DeviceKind.CODE_DISPLAY, "delivery_address": ADDRESS}
    active = {"status": AuthenticatorStatus.ACTIVE, "activated_at": now}
    waiting = {"status": AuthenticatorStatus.CONSENT_MISSING}
    for number, user in enumerate(users):
        given = [app | active]
        if number % 2:
            given.append(private | (active if number % 4 == 1 else waiting))
        if number % 5 == 4:
            given.append(display)
        for facts in given:
            of = {"organisation_id": user.organisation_id, "user_id": user.id}
            await Authenticator(**of, **facts, ordered_at=now).save()


async def give_rights(now: datetime) -> None:
    """Rights in services outside and in the organisation's own systems, some for a while."""
    organisation = await Organisation.get(cvr_number=HOME)
    here: dict[str, Any] = {"organisation_id": organisation.id}
    unit = await ProductionUnit.filter(**here).order_by("p_number").first()
    eva = await User.get(**here, email="employee@example.dk")
    bo = await User.get(**here, email="bruger1@example.dk")
    wages = await Group.get(**here, name="Løn")
    actor = await Actor.named(organisation.id, ActorKind.SYSTEM, "Segl")
    given: tuple[tuple[str, dict[str, Any]], ...] = (
        ("tax.wages", {"group": wages}),
        ("tax.vat", {"user": eva}),
        ("post.read", {"user": eva, "until_on": today(now + timedelta(days=90))}),
        ("own.invoices", {"user": bo, "production_unit": unit}),
    )
    async with making(organisation.id, now):
        for code, facts in given:
            right = await Right.get(code=code)
            from_on = today(now)
            assignment = RightAssignment(
                **here, right=right, from_on=from_on, assigned_by=actor, **facts
            )
            await assignment.save()


async def give_power(now: datetime) -> None:
    """The first organisation lets its auditors act for it, and they have said who does."""
    home, auditors = [await Organisation.get(cvr_number=one) for one in (HOME, ELSEWHERE)]
    kirsten = await User.get(email="stranger@example.dk")
    async with making(home.id, now):
        power = PowerOfAttorney(
            organisation_id=home.id,
            grantee=auditors,
            grantee_cvr_number=auditors.cvr_number,
            name="Moms og brugere",
            from_on=today(now),
        )
        await power.save()
    for right in await Right.filter(code__in=("tax.vat", "segl.see-users")):
        await PowerOfAttorneyRight.create(
            organisation_id=home.id, power_of_attorney=power, right=right
        )
    await PowerOfAttorneyUser.create(
        organisation_id=auditors.id, power_of_attorney=power, user=kirsten
    )


async def bill(context: Context) -> None:
    """Everybody has come in, and some have a device or a certificate: that has been charged."""
    async with in_transaction():
        for user in await User.all().order_by("id"):
            await charge(context, ChargeKind.USER_ACTIVATION, user)
        displays = Authenticator.filter(device=DeviceKind.CODE_DISPLAY)
        for device in await displays.select_related("user"):
            await charge(context, ChargeKind.CODE_DISPLAY, device.user)
        for certificate in await Certificate.filter(issued_at__isnull=False):
            await charge_certificate(context, certificate)


async def ask(reach: Gateways) -> None:
    """An open request of each kind in the first organisation, where people may ask."""
    here: dict[str, Any] = {"organisation_id": (await Organisation.get(cvr_number=HOME)).id}
    settings = await UserSettings.get(**here)
    settings.can_request_user = True
    user = await User.get(**here, email="bruger2@example.dk")
    other = await User.get(**here, email="bruger3@example.dk")
    third = await User.get(**here, email="bruger4@example.dk")
    report = await Right.get(code="virk.annual-report")
    wanted = {"user_id": other.id, "right_id": report.id}
    promoted = {"user_id": third.id, "role": Role.USER_ADMINISTRATOR}
    hopeful = {"first_name": "Freja", "surname": "Dahl", "email": "freja@example.dk"}
    hopeful |= {"language": Language.DANISH, **proved(reach, cpr_number(200))}
    asked: tuple[tuple[RequestKind, str, str, dict[str, Any]], ...] = (
        (RequestKind.USER, "Freja Dahl", "Jeg begynder i bogholderiet", hopeful),
        (RequestKind.ANONYMITY, user.name, "Jeg har beskyttet adresse", {"user_id": user.id}),
        (RequestKind.RIGHT, other.name, "Jeg overtager årsregnskabet", wanted),
        (RequestKind.ROLE, third.name, "Jeg skal oprette vores nye kolleger", promoted),
    )
    async with making(here["organisation_id"], reach.clock.now()):
        await settings.save()
        for kind, name, reason, facts in asked:
            by = facts.get("user_id")
            actor = await Actor.named(here["organisation_id"], ActorKind.PERSON, name, by)
            request = Request(**here, kind=kind, name=name, reason=reason, asked_by=actor, **facts)
            await request.save()


async def user_named(word: str) -> User | None:
    """The user whom a word of the demo means, or whose e-mail address it is."""
    if any(word == one for one, *_ in PEOPLE):
        word = f"{word}@example.dk"
    return await User.filter(email=word, status=UserStatus.ACTIVE).first()

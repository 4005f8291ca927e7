"""An organisation with people in every state and one thing of each kind; and all that is stored."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tortoise.connection import get_connection

from models import (
    Activation,
    ActivationKind,
    AuthenticatorKind,
    AuthenticatorStatus,
    Billing,
    EanLocation,
    EmailValidation,
    GroupMember,
    HistoryEntry,
    Letter,
    NotificationPreferences,
    Organisation,
    ProductionUnit,
    RequestKind,
    Right,
    Role,
    User,
    UserStatus,
    VatUnit,
)
from models.actors import KNOWN
from models.settings import PAGES
from tests.making import Maker
from tests.requests import let_people_ask

ORGANISATION, USERS, RIGHTS = (
    "organisation_administrator",
    "user_administrator",
    "rights_administrator",
)
CPR, LINK = "6101901111", "the-secret-part-of-a-link"


@dataclass
class Scene:
    """What the mutations of the table act upon, all of it in one organisation."""

    organisation: Organisation
    users: dict[str, User]
    things: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__["users"] | self.__dict__["things"]
        if name not in found:
            raise AttributeError(name)
        return found[name]


MADE: list[tuple[Scene, str]] = []  # the one of this process, and what puts its rows back


async def scene_of(make: Maker) -> Scene:
    """The scene in an empty database: made once, and put back as it was from then on."""
    if not MADE:
        MADE.append((await made(make), await keep()))
    else:
        await get_connection("default").execute_script(MADE[0][1])
        KNOWN.clear()  # actors who are not there yet
    return Scene(**deepcopy(vars(MADE[0][0])))


async def made(make: Maker) -> Scene:
    """Makes what the table needs: people in every state, and one thing of each kind."""
    organisation = await make.organisation(
        "Hansen & Søn ApS", production_units=2, eans=1, vat_units=1
    )
    here = {"organisation_id": organisation.id}
    waiting = {"status": UserStatus.AWAITING_ACTIVATION, "activated_at": None}
    users = {
        role: await make.user(organisation, role, name=f"Kim {role.title()}")
        for role in (ORGANISATION, USERS, RIGHTS)
    }
    users["bo"] = await make.user(organisation)
    users["employee"] = await make.user(organisation, name="Eva Lund")
    users["newcomer"] = await make.user(organisation, cpr=CPR, **waiting)
    users["born"] = await make.user(organisation, cpr=None, **waiting)
    users["imported"] = await make.user(organisation, status=UserStatus.IMPORTED, activated_at=None)
    users["absent"] = await make.user(organisation, status=UserStatus.DEACTIVATED)
    await invite(make, users["newcomer"])
    group = await make.group(organisation, users["bo"])
    profile = await make.profile(organisation)
    await EmailValidation.create(
        **here,
        email=profile.email,
        profile=profile,
        link_hash=make.gateways.vault.hash_secret(LINK),
        link_expires_at=make.now + timedelta(days=30),
    )
    ean = EanLocation(**here, ean_number="5790009876540", label="Store")
    async with make.change(organisation.id):
        await ean.save()
    await let_people_ask(make, organisation)
    partner = await make.organisation("Revision Bech A/S")
    kirsten = await make.user(partner, ORGANISATION, name="Kirsten Bech")
    power = await make.power(partner, organisation)
    await make.name(power, users["bo"])
    asked = await make.power(organisation, partner, status="REQUESTED", from_on=None)
    things = {str(page._meta.db_table): await page.get(**here) for page in PAGES}
    return Scene(
        organisation,
        users,
        things
        | {
            "group": group,
            "member": await GroupMember.get(group_id=group.id),
            "profile": profile,
            "shared_order": await make.order(
                organisation, kind="SYSTEM", profile=await make.profile(organisation, name="Post")
            ),
            "certificate": await make.certificate(organisation, user=users["bo"]),
            "order": await make.order(organisation, user=users["bo"]),
            "vat": await Right.get(code="tax.vat"),
            "assignment": await make.right(users["bo"], "tax.wages"),
            "group_assignment": await make.right(group, "tax.wages"),
            "right_request": await make.request(
                organisation,
                user=users["bo"],
                kind=RequestKind.RIGHT,
                right=await Right.get(code="post.read"),
            ),
            "role_request": await make.request(
                organisation,
                user=users["bo"],
                kind=RequestKind.ROLE,
                role=Role.RIGHTS_ADMINISTRATOR,
            ),
            "user_request": await make.request(organisation),
            "anonymity_request": await make.request(organisation, user=users["bo"]),
            "partner": partner,
            "kirsten": kirsten,
            "power": power,
            "power_request": await make.asked_power(asked, kirsten),
            "delegation": await make.bundle(organisation, power, users["bo"]),
            "billing": await Billing.get(**here),
            "authenticator": await make.authenticator(users["bo"]),
            "unused": await make.authenticator(
                users["employee"],
                kind=AuthenticatorKind.PRIVATE_MITID,
                status=AuthenticatorStatus.CONSENT_MISSING,
                activated_at=None,
            ),
            "private": await make.authenticator(
                users["employee"], kind=AuthenticatorKind.PRIVATE_MITID
            ),
            "ean": ean,
            "store": await ProductionUnit.filter(**here).order_by("p_number").first(),
            "vat_unit": await VatUnit.get(**here),
            "delivery": await HistoryEntry.filter(about_id=things["user_settings"].id)
            .order_by("sequence")
            .first(),
            "file": await make.file(organisation),
            "run_file": await make.file(
                organisation, status="DONE", started_at=make.now, finished_at=make.now
            ),
            "notification": await make.notification(users["employee"], group),
            "preferences": await NotificationPreferences.get(user_id=users["employee"].id),
        },
    )


async def invite(make: Maker, user: User) -> None:
    """A letter with a link, as it goes to a new user."""
    letter = await Letter.create(
        organisation_id=user.organisation_id,
        to=user.email,
        subject="Activate your user",
        status="SENT",
        queued_at=make.now,
        next_try_at=make.now,
    )
    await Activation.create(
        organisation_id=user.organisation_id,
        user_id=user.id,
        kind=ActivationKind.LINK,
        link_hash=make.gateways.vault.hash_secret(LINK),
        link_expires_at=make.now + timedelta(days=30),
        letter=letter,
    )


async def keep() -> str:
    """Keeps all rows aside, in a schema of their own; returns what puts them back."""
    client = get_connection("default")
    tables = await client.execute_query_dict(
        "select quote_ident(table_name) as name, string_agg(quote_ident(column_name), ',') as of"
        " from information_schema.columns where table_schema = 'public' and is_generated = 'NEVER'"
        " and table_name not in ('tortoise_migrations', 'right') group by 1"
    )
    keep = ["drop schema if exists kept cascade", "create schema kept"]
    # As they were: nothing happens to them, and nobody hears of them.
    put_back = ["begin", "set local session_replication_role = replica"]
    for table in tables:
        name, of = table["name"], table["of"]
        if await client.execute_query_dict(f"select from {name} limit 1"):
            keep.append(f"create table kept.{name} as select {of} from {name}")
            put_back.append(f"insert into {name} ({of}) select {of} from kept.{name}")
    await client.execute_script(";".join(keep))
    return ";".join([*put_back, "commit"])


async def everything_stored() -> dict[str, str | None]:
    """A digest of every table."""
    client = get_connection("default")
    tables = await client.execute_query_dict(
        "select tablename as name from pg_tables where schemaname = 'public'"
    )
    rows = "string_agg(t::text, '|' order by t::text)"
    parts = [
        f"select '{one['name']}' as name, (select md5({rows}) from \"{one['name']}\" t) as digest"
        for one in tables
    ]
    digests = await client.execute_query_dict(" union all ".join(parts))
    return {one["name"]: one["digest"] for one in digests}

"""Two organisations side by side, where everybody has one of each thing."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tortoise.connection import get_connection
from tortoise.models import Model
from tortoise.transactions import in_transaction

from models import (
    Activation,
    ActivationKind,
    Actor,
    ActorKind,
    Billing,
    Change,
    EanLocation,
    EntityKind,
    GroupMember,
    HistoryEntry,
    HistoryHead,
    HistoryOutcome,
    Letter,
    NotificationPreferences,
    Organisation,
    ProductionUnit,
    RequestKind,
    Right,
    RoleAssignment,
    User,
    UserImport,
    UserStatus,
    VatUnit,
)
from models.base import Entity
from models.history import append
from models.settings import PAGES
from planner.pages import cursor
from tests.furnishing import ROLES, Town
from tests.making import Maker

ASKERS = ("employee", *ROLES, "stranger")
AT_HANSEN, AT_JENSEN = ("employee", *ROLES, "colleague"), ("stranger",)
GUESTS = ("employee", "colleague", "stranger")  # members of everybody's group but the colleague's
PAGE_NAMES = ("users", "authenticators", "certificates", "defaults")
Things = dict[str, Any]


async def neighbours() -> tuple[Town, dict[str, dict[str, str]]]:
    """The town, and of each person the texts by which one recognises their things: mostly ids.

    What is nobody's own, everybody in the organisation has.
    """
    await get_connection("default").execute_script("truncate organisation cascade")
    town, things = Town(), dict[str, Things]()
    client = await town.make.organisation("Dansk Handel I/S")
    for name, words in (("Hansen & Søn ApS", AT_HANSEN), ("Jensen A/S", AT_JENSEN)):
        home = await town.make.organisation(name, production_units=1, eans=1, vat_units=1)
        shared = await furnished(town.make, home)
        for word in words:
            things[word] = shared | await provided(town.make, word, shared, client)
    for asker in ASKERS:
        await meet(town.make, things[asker], [things[one] for one in things if one != asker])
    for guest in GUESTS:
        await settle(things[guest])
    town.gateways.jobs.every(3600, stay, "letters")
    town.people = {word: own["user"] for word, own in things.items()}
    return town, {word: texts(own) for word, own in things.items()}


async def settle(guest: Things) -> None:
    """Of a guest the first membership elsewhere."""
    elsewhere = GroupMember.filter(user_id=guest["user"].id)
    elsewhere = elsewhere.exclude(organisation_id=guest["organisation"].id)
    guest["guesthood"] = await elsewhere.order_by("id").first()


async def stay() -> None:
    """Letters are written here, and stay."""


def texts(things: Things) -> dict[str, str]:
    return {
        name: str(one.id if isinstance(one, Model) else one)
        for name, one in things.items()
        if one is not None
    }


async def furnished(make: Maker, home: Organisation) -> Things:
    """What an organisation has: its units, billing, settings, a profile, and who waits."""
    here = {"organisation_id": home.id}
    pages = {name: await page.get(**here) for name, page in zip(PAGE_NAMES, PAGES, strict=True)}
    unit, vat_unit = await ProductionUnit.get(**here), await VatUnit.get(**here)
    ean, billing = await EanLocation.get(**here), await Billing.get(**here)
    for whom in ("user", "certificate"):
        setattr(pages["defaults"], f"{whom}_production_unit", unit)
        setattr(pages["defaults"], f"{whom}_vat_unit", vat_unit)
    billing.email, billing.reference = f"bills@{home.cvr_number}.dk", f"Bill {home.cvr_number}"
    async with make.change(home.id):
        await pages["defaults"].save()
        await billing.save()
    profile = await make.profile(home, production_unit=unit, vat_unit=vat_unit, ean=ean)
    waiting = {"status": UserStatus.AWAITING_ACTIVATION, "activated_at": None, "cpr": None}
    number = int(home.cvr_number)
    file = await make.file(home, row_count=number, removal_count=number, done_through=99)
    await make.bad_part(file)
    left_out = await make.user(home, **waiting)
    batch = await make.batch(home, left_out)
    await make.codes(batch, {left_out: "3467-9ACD-EFGH-JKMN"})
    sealed = await make.certificate(home, kind="ORGANISATION", profile=profile)
    payer = await make.user(home, ean=ean, activation_batch=batch)
    things = {
        **pages,
        "organisation": home,
        "unit": unit,
        "vat_unit": vat_unit,
        "ean": ean,
        "billing": billing,
        "profile": profile,
        "sealed": sealed,
        "waiting": await make.user(home, **waiting),
        "forgetful": await make.user(home, **waiting),
        "payer": payer,
        "charge": await make.charge(home, amount=number, user=payer, certificate=sealed),
        "file": file,
        "row_error": await make.row_error(file),
        "batch": batch,
        "left_out": left_out,
        "right": await Right.get(code="tax.vat"),
        "administrator": await make.user(home, "user_administrator"),
    }
    ends = make.now + timedelta(days=int(home.cvr_number) % 1000)
    for word in ("waiting", "forgetful"):
        await Activation.create(
            **here,
            user_id=things[word].id,
            kind=ActivationKind.TEMPORARY_CODE,
            link_hash=uuid4().hex,
            link_expires_at=ends,
            letter=await letter(make, home, word),
        )
    known = {"cvr": home.cvr_number, "bills": billing.email, "reference": billing.reference}
    known |= {"helper": things["administrator"].email, "link": ends.date()}
    known["codes"] = f"codes-{batch.id}.csv"
    return things | known | await told(make, home, things)


async def letter(make: Maker, home: Organisation, word: str) -> Letter:
    return await Letter.create(
        organisation_id=home.id,
        to=f"{word}@{home.cvr_number}.dk",
        subject="Welcome",
        status="SENT",
        queued_at=make.now,
        next_try_at=make.now,
    )


async def provided(make: Maker, word: str, shared: Things, client: Organisation) -> Things:
    """What one person has: a user with all that can be known of it, a group, certificates; and
    what a client lets that person do.
    """
    home, number = shared["organisation"], [*AT_HANSEN, *AT_JENSEN].index(word) + 1
    roles = ROLES if word == "stranger" else {word} & {*ROLES}
    user = await make.user(
        home,
        *roles,
        name=f"Kim {word.title()}",
        cpr=f"6{number}0190{2000 + number}",
        production_unit=shared["unit"],
        vat_unit=shared["vat_unit"],
        ean=shared["ean"],
        imported_from_id=shared["file"].id,
        deactivated_from=date(2090, 1, 1),
        deactivation_reason=f"Leave of {word}",
    )
    giver = await Actor.named(home.id, ActorKind.PERSON, f"Giver to {word}")
    promise = await RoleAssignment.create(
        organisation_id=home.id,
        user_id=user.id,
        role="USER",
        from_on=date(2090, 1, number),
        assigned_at=make.now,
        assigned_by=giver,
    )
    limits = {"production_unit": shared["unit"], "vat_unit": shared["vat_unit"]}
    group = await make.group(home, user, name=word, **limits)
    power = await make.power(client, home, name=f"Power of {word}")
    await make.name(power, user)
    post = await letter(make, home, word)
    # By which they came here: the user is theirs, the person who asked is told as it was.
    hope: Things = {"email": f"{word}@{home.cvr_number}.com"}
    hope |= {"kind": "USER", "user": user, "first_name": "Kim", "surname": word.title()}
    hope |= {"cpr_number": f"6{number}0290-****"}
    follower = await make.certificate(home, user=user)
    things = {
        "user": user,
        "group": group,
        "authenticator": await make.authenticator(user),
        "member": await GroupMember.get(group_id=group.id),
        "request": await make.request(home, user=user),
        "right_request": await make.request(
            home, user=user, kind=RequestKind.RIGHT, right=shared["right"]
        ),
        "hope": await make.request(home, **hope),
        "certificate": await make.certificate(
            home, user=user, profile=shared["profile"], renewed_by=follower
        ),
        "follower": follower,
        "preferences": await NotificationPreferences.get(user_id=user.id),
        "notification": await make.notification(user, group),
        "assignment": await make.right(user, **limits),
        "group_assignment": await make.right(group, **limits),
        "power": power,
        "power_request": await make.asked_power(power, user, status="APPROVED"),
        "delegation": await make.bundle(home, power, user, name=word),
        "plan_row": await make.plan(shared["file"], user, number),
        "order": await make.order(home, user=user, letter=post),
    }
    known = {"word": word, "name": user.name, "cpr": user.cpr_number, "born": user.date_of_birth}
    known |= {"giver": giver.name, "promise": promise.from_on, "reason": user.deactivation_reason}
    known |= {"address": user.email, "hopeful": hope["email"], "hoped": hope["cpr_number"]}
    known |= {"post": post.to, "order_number": things["order"].reference}
    known |= await changed(make, home, user, shared["file"])
    return things | known | await told(make, home, things)


async def told(make: Maker, home: Organisation, things: Things) -> Things:
    """An entry of the history about each thing."""
    system = await Actor.named(home.id, ActorKind.SYSTEM, "Segl")
    return {
        f"{name}_entry": await entry(make, system, one)
        for name, one in things.items()
        if isinstance(one, Entity)
    }


async def changed(make: Maker, home: Organisation, user: User, file: UserImport) -> Things:
    """A change of the user, by a file, and the cursor of what precedes it."""
    head = await HistoryHead.get(organisation_id=home.id)
    system = await Actor.named(home.id, ActorKind.SYSTEM, "Segl")
    text = str((await entry(make, system, user, file, old_version=1, new_version=2)).id)
    return {"place": cursor(str(head.sequence)), "change": f"{text[:14]}8{text[15:]}"}


async def entry(
    make: Maker, actor: Actor, about: Entity, file: UserImport | None = None, **facts: Any
) -> HistoryEntry:
    one = HistoryEntry(
        **facts,
        outcome=HistoryOutcome.DONE,
        summary="It was changed",
        changes=[],
        about_kind=EntityKind.of(type(about)),
        about_id=about.id,
    )
    by = file.id if file else None
    change = Change("user:update", "updateUser", make.now, uuid4(), user_import=by)
    async with in_transaction():
        await append(change, actor, [one.columns()])
    return one


async def meet(make: Maker, mine: Things, others: list[Things]) -> None:
    """Whoever asks has done something to everybody, and everybody to them; some are in a group."""
    home, me = mine["organisation"], mine["user"]
    for theirs in [mine, *others]:
        user: User = theirs["user"]
        done_by = await Actor.named(home.id, ActorKind.PERSON, user.name, user.id)
        done_by_me = await Actor.named(home.id, ActorKind.PERSON, me.name, me.id)
        await entry(make, done_by, me)
        await entry(make, done_by_me, user)
    async with make.change(home.id):
        for theirs in others:
            if theirs["word"] in GUESTS:
                where = {"organisation_id": home.id, "group_id": mine["group"].id}
                await GroupMember(**where, user_id=theirs["user"].id).save()

"""Imported users, chosen to be sent for activation many at once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models import (
    ActivationBatch,
    AuthenticatorKind,
    BatchPart,
    DeviceKind,
    User,
    UserImport,
    UserStatus,
    bulk,
)
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound
from resolvers.authenticators import AuthenticatorInput, faults
from resolvers.context import Context, Id, OneOf, checked_by
from resolvers.sending import JOB, PART, leave_out, send_part

MOST_USERS = 1000
MOST_EACH = 10


@dataclass
class ImportedUsers(OneOf):
    """ImportedUsers are chosen in one of three ways.

    user_ids: These, at most 1,000.
    import_id: All that this file brought.
    is_all: All imported users, when true.
    """

    user_ids: list[Id] | None = None
    import_id: Id | None = None
    is_all: bool | None = None


async def sendable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is wrong with a choice of users, or is forbidden of what they may sign in with."""
    if given.get("authenticator_kind"):
        async for fault in equippable(context, given["authenticator_kind"], given.get("devices")):
            yield fault
    each = given.get("authenticators_each")
    if each is not None and not 1 <= each <= MOST_EACH:
        yield Invalid("OUT_OF_RANGE", path=("authenticatorsEach",), least=1, most=MOST_EACH)
    users: ImportedUsers | None = given.get("users")
    if users and users.user_ids is not None and len(users.user_ids) > MOST_USERS:
        yield Invalid("TOO_LONG", path=("users", "userIds"), entries=MOST_USERS)
    if users and (users.user_ids == [] or users.is_all is False):
        name = "isAll" if users.user_ids is None else "userIds"
        yield Invalid("REQUIRED", path=("users", name))


async def equippable(
    context: Context, kind: AuthenticatorKind, devices: Sequence[DeviceKind] | None
) -> AsyncIterator[Invalid]:
    """What is wrong with what many are to sign in with, by the rules for one.

    Only where a device is sent need not be known: it is told when the device is ordered.
    """
    if devices and kind is not AuthenticatorKind.SEPARATE_MITID:
        yield Invalid("MUST_BE_EMPTY", path=("devices",))
        devices = None
    for at, device in enumerate(devices or [None]):
        found = [one async for one in faults(context, AuthenticatorInput(kind, device))]
        if any(one.path == ("kind",) for one in found):
            yield Invalid("AUTHENTICATOR_FORBIDDEN", path=("authenticatorKind",))
            return
        for fault in found:
            if fault.path == ("device",):
                yield Invalid(fault.code, path=("devices", at) if devices else ("devices",))
            elif fault.path != ("deliveryAddress",):
                yield fault.under("authenticatorKind")


@checked_by(sendable)
async def send_for_activation(
    context: Context,
    users: ImportedUsers,
    authenticator_kind: AuthenticatorKind,
    devices: list[DeviceKind] | None = None,
    authenticators_each: int | None = 1,
    include_date_of_birth_users: bool | None = False,
) -> ActivationBatch:
    """Send many imported users for activation; those without a CPR number are reported and left out.

    users: Which ones.
    authenticator_kind: What they may sign in with.
    devices: Which devices they may order, for a separate MitID.
    authenticators_each: How many each may order.
    include_date_of_birth_users: Whether those without a CPR number are sent too, their codes in a
        file to download once.
    batch: What became of them.
    """  # noqa: E501
    batch = ActivationBatch(
        organisation_id=context.organisation_id,
        authenticator_kind=authenticator_kind,
        devices=devices or [],
        authenticators_each=authenticators_each or 1,
        includes_born=bool(include_date_of_birth_users),
        sent_by=await context.actor(),
        request_uuid=context.request_uuid,
    )
    waiting = await chosen(context, users)
    sent = [key for key, has_number in waiting if has_number or batch.includes_born]
    left_out = {key for key, _ in waiting}.difference(sent)
    batch.sent_count, batch.left_out_count = len(sent), len(left_out)
    await batch.save()
    await leave_out(batch, sorted(left_out))
    if len(sent) <= PART:
        await send_part(context, batch, sent)
    else:
        here = {"organisation_id": batch.organisation_id, "batch_id": batch.id}
        parts = (sent[at : at + PART] for at in range(0, len(sent), PART))
        await bulk.create([BatchPart(**here, user_ids=[*map(str, one)]) for one in parts])
        context.wakes.add(JOB)
    return batch


async def chosen(context: Context, users: ImportedUsers) -> list[tuple[UUID, bool]]:
    """The users of a choice, with whether they have a CPR number; not those being sent already."""
    imported = User.filter(organisation_id=context.organisation_id, status=UserStatus.IMPORTED)
    taken = await being_sent(context)
    if users.user_ids is not None:
        keys = [known(one, ("users", "userIds", at)) for at, one in enumerate(users.user_ids)]
        await must_wait(context, keys, taken)
        imported = imported.filter(id__in=keys)
    elif users.import_id is not None:
        key = known(users.import_id, ("users", "importId"))
        if not await UserImport.exists(id=key, organisation_id=context.organisation_id):
            raise NotFound(path=("users", "importId"))
        imported = imported.filter(imported_from_id=key)
    found: Any = await imported.order_by("id").values_list("id", "cpr_number_hash")
    return [(key, number is not None) for key, number in found if key not in taken]


async def being_sent(context: Context) -> set[UUID]:
    """The users of other batches who are still to be sent."""
    parts = BatchPart.filter(organisation_id=context.organisation_id)
    found: Any = await parts.values_list("user_ids", flat=True)
    return {UUID(key) for keys in found for key in keys}


async def must_wait(context: Context, keys: Sequence[UUID], taken: set[UUID]) -> None:
    """Refuses whoever does not wait to be sent, or is being sent already."""
    here = User.filter(organisation_id=context.organisation_id, id__in=keys)
    found = await here.order_by("id").select_for_update(no_key=True)
    users_by_id = {one.id: one for one in found}
    for at, key in enumerate(keys):
        path = ("users", "userIds", at)
        if key not in users_by_id:
            raise NotFound(path=path)
        user = users_by_id[key]
        if user.status is not UserStatus.IMPORTED or key in taken:
            raise Conflict("USER_NOT_IMPORTED", path=path, current=user)


def known(given: str, path: tuple[str | int, ...]) -> UUID:
    try:
        return check_uuid(given)
    except Invalid:
        raise NotFound(path=path) from None

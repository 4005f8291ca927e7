"""Imported users, sent for activation many at once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise import connections

from models import (
    Activation,
    ActivationBatch,
    AuthenticatorKind,
    AuthenticatorSettings,
    Change,
    DeviceKind,
    LeftOut,
    Letter,
    User,
    UserAction,
    UserImport,
    UserStatus,
    bulk,
)
from models.numbers import check_uuid
from models.refusals import Conflict, Invalid, NotFound
from resolvers import activations
from resolvers.context import Context, Id, OneOf, checked_by

MOST_USERS = 1000
MOST_EACH = 10
SEND = """
update "user" set status = 'AWAITING_ACTIVATION', version = version + 1, updated_at = $2,
    activation_batch_id = $3, awaiting_since = $2
where id = any($1)
"""


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
    settings = await AuthenticatorSettings.get(organisation_id=context.organisation_id)
    kind, devices = given.get("authenticator_kind"), given.get("devices") or []
    if kind and kind not in settings.allowed_kinds:
        yield Invalid("AUTHENTICATOR_FORBIDDEN", path=("authenticatorKind",))
    if devices and kind is not AuthenticatorKind.SEPARATE_MITID:
        yield Invalid("MUST_BE_EMPTY", path=("devices",))
    for at, device in enumerate(devices):
        if device not in settings.allowed_devices:
            yield Invalid("AUTHENTICATOR_FORBIDDEN", path=("devices", at))
    each = given.get("authenticators_each")
    if each is not None and not 1 <= each <= MOST_EACH:
        yield Invalid("OUT_OF_RANGE", path=("authenticatorsEach",), least=1, most=MOST_EACH)
    users: ImportedUsers | None = given.get("users")
    if users and users.user_ids is not None and len(users.user_ids) > MOST_USERS:
        yield Invalid("TOO_LONG", path=("users", "userIds"), entries=MOST_USERS)
    if users and (users.user_ids == [] or users.is_all is False):
        name = "isAll" if users.user_ids is None else "userIds"
        yield Invalid("REQUIRED", path=("users", name))


@checked_by(sendable)
async def send_for_activation(
    context: Context,
    users: ImportedUsers,
    authenticator_kind: AuthenticatorKind,
    devices: list[DeviceKind] | None = None,
    authenticators_each: int | None = 1,
) -> ActivationBatch:
    """Send many imported users for activation; those without a CPR number are reported and left out.

    users: Which ones.
    authenticator_kind: What they may sign in with.
    devices: Which devices they may order, for a separate MitID.
    authenticators_each: How many each may order.
    batch: What became of them.
    """  # noqa: E501
    found = await chosen(context, users)
    sent = [one for one in found if one.cpr_number_hash]
    left_out = [one for one in found if not one.cpr_number_hash]
    batch = ActivationBatch(
        organisation_id=context.organisation_id,
        authenticator_kind=authenticator_kind,
        devices=devices or [],
        authenticators_each=authenticators_each or 1,
        sent_count=len(sent),
        left_out_count=len(left_out),
    )
    await batch.save()
    await send(context, sent, batch)
    here = {"organisation_id": context.organisation_id, "batch_id": batch.id}
    await bulk.create([LeftOut(**here, user_id=one.id) for one in left_out])
    return batch


async def chosen(context: Context, users: ImportedUsers) -> list[User]:
    """The users of a choice, locked; whoever is named must be waiting to be sent."""
    here = User.filter(organisation_id=context.organisation_id)
    imported = here.filter(status=UserStatus.IMPORTED)
    if users.user_ids is not None:
        keys = [known(one, ("users", "userIds", at)) for at, one in enumerate(users.user_ids)]
        waiting = here.filter(id__in=keys)
    elif users.import_id is not None:
        key = known(users.import_id, ("users", "importId"))
        if not await UserImport.exists(id=key, organisation_id=context.organisation_id):
            raise NotFound(path=("users", "importId"))
        waiting, keys = imported.filter(imported_from_id=key), []
    else:
        waiting, keys = imported, []
    found = await waiting.order_by("id").select_for_update(no_key=True)
    users_by_id = {one.id: one for one in found}
    for at, key in enumerate(keys):
        path = ("users", "userIds", at)
        if key not in users_by_id:
            raise NotFound(path=path)
        if users_by_id[key].status is not UserStatus.IMPORTED:
            raise Conflict("USER_NOT_IMPORTED", path=path, current=users_by_id[key])
    return found


def known(given: str, path: tuple[str | int, ...]) -> UUID:
    try:
        return check_uuid(given)
    except Invalid:
        raise NotFound(path=path) from None


async def send(context: Context, users: list[User], batch: ActivationBatch) -> None:
    """Writes to many users at once, as to one by `activations.invite`."""
    organisation, change = await context.organisation(), Change.under_way()
    letters: list[Letter] = []
    begun: list[Activation] = []
    for user in users:
        user.take(UserAction.SEND_FOR_ACTIVATION)
        user.activation_batch_id = batch.id
        change.touch(user)
        activation = activations.begun(user)
        letter = activations.linked(context, user, activation, organisation)
        activation.letter = letter
        letters.append(letter)
        begun.append(activation)
    await bulk.create(letters)
    await bulk.create(begun)
    keys = [one.id for one in users]
    client = connections.get("default")
    await client.execute_query(SEND, [keys, context.now, batch.id])

"""What is left when the personal data of somebody are erased."""

import secrets
from functools import cache
from typing import Any
from uuid import UUID

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.expressions import Q

from models.actors import Actor
from models.base import Change, Entity
from models.certificates import Certificate
from models.history import (
    ERASED,
    EntityKind,
    Entry,
    HistoryEntry,
    HistoryOutcome,
    append,
    digest,
)
from models.imports import UserImportRow
from models.issued import IssuedCertificate
from models.notifications import GatheredEvent, Notification
from models.outbox import Letter
from models.profiles import EmailValidation
from models.requests import Request
from models.users import User
from models.wording import sentence

MASK = "****"
TELLING = {
    "status",
    "roles",
    "kind",
    "group",
    "right",
    "rights",
}  # fields whose values say nothing of the person
PERSONAL = (
    *("user_id", "letter_id", "subject", "email", "contact_name", "contact_email"),
    *("pem", "chain_pem"),
)
LAST = """
select sequence from history_head where organisation_id = $1 for update
"""
# Whoever asked to become a user did so under a name alone; somebody else may have the same.
ASKERS = """
select mine.asked_by_id from request mine where mine.user_id = $1
and not exists (select 1 from request other where other.asked_by_id = mine.asked_by_id
                and other.user_id is distinct from mine.user_id)
"""
# What was suggested for a bad row of a file.
UNGUESS = """
update user_import_row_error set suggestion = null
where organisation_id = $1 and lower(suggestion) = lower($2)
"""
UNSIGN = f"""
update actor set user_id = null, name = $2 || case when namesakes.number > 1
    then ' (' || namesakes.number || ')' else '' end
from (select id, row_number() over (partition by organisation_id order by id) as number
      from actor where user_id = $1 or id in ({ASKERS})) namesakes
where actor.id = namesakes.id
"""

# {person} in the words of an event is the name of the one whom it is about, or of whoever asked.
UNNAME = """
update {} set values = jsonb_set(values, '{{person}}', to_jsonb($2::text))
where about_id = any($1) and values ? 'person'
"""


async def forget_user_words(change: Change, actor: Actor, user: User) -> None:
    """Erases the words on a user, and on what it asked for, in one organisation's history."""
    asked: Any = await Request.filter(user_id=user.id).values_list("id", flat=True)
    words = Q(concerns_id=user.id) | Q(about_id__in=list(asked))
    await forget_words(change, actor, user, words, str(user.uuid))


async def forget_request_words(change: Change, actor: Actor, request: Request) -> None:
    """Erases the words on a request of somebody who did not become a user."""
    await forget_words(change, actor, request, Q(about_id=request.id), str(request.id))


async def forget_words(change: Change, actor: Actor, about: Entity, words: Q, instead: str) -> None:
    """Erases words in one organisation's history, and tells it there.

    What is left is vouched for by the entry that tells of it, so that nobody else can put other
    words there. The salts go too: without them no word can be guessed from its hash.
    """
    here = {"organisation_id": actor.organisation_id}
    (head,) = await get_connection("default").execute_query_dict(LAST, [actor.organisation_id])
    entries = HistoryEntry.filter(words, **here, erased_by__isnull=True)
    left, told = "", await entries.order_by("sequence")
    for entry in told:
        erase(entry, instead)
        entry.erased_by = head["sequence"] + 1
        await entry.save(update_fields=["summary", "reason", "changes", "salt", "erased_by"])
        left = digest(left, entry.sequence, entry.words())
    erasure: Entry = {
        "outcome": HistoryOutcome.DONE,
        "summary": sentence(change.operation, instead),
        "reason": None,
        "changes": [
            {"field": "erasedEntries", "old": None, "new": str(len(told))},
            *([{"field": ERASED, "old": None, "new": left}] if told else []),
        ],
        "about_kind": EntityKind.of(type(about)),
        "about_id": about.id,
        "old_version": about.version if about.is_there(vars(about)) else None,
    }
    await append(change, actor, [erasure])


async def histories_of(user: User) -> list[UUID]:
    """The organisations whose histories have words on a user: its own, and its groups'."""
    told = HistoryEntry.filter(concerns_id=user.id, erased_by__isnull=True)
    others: Any = await told.distinct().values_list("organisation_id", flat=True)
    return sorted({user.organisation_id, *others})  # in one order, so that no two erasures tangle


def erase(entry: HistoryEntry, instead: str) -> None:
    """Leaves of an entry what was done to what, by its number, and to which fields."""
    what = sentence(entry.operation, instead)
    entry.summary = f"Denied: {what}" if entry.outcome is HistoryOutcome.DENIED else what
    entry.reason, entry.salt = None, secrets.token_hex(16)
    entry.changes = [
        one if one["field"] in TELLING else {name: masked(name, one[name]) for name in one}
        for one in entry.changes
    ]


def masked(name: str, value: str | None) -> str | None:
    return value if name == "field" else value and MASK


async def forget(user: User) -> None:
    """Erases a user, and the name and addresses wherever else they stand."""
    await EmailValidation.filter(certificate__user_id=user.id).delete()
    held: Any = await Certificate.filter(user_id=user.id).values_list("id", flat=True)
    # The authority goes on answering for it by its number.
    await IssuedCertificate.filter(order_id__in=list(held)).update(content=b"")
    await Certificate.filter(user_id=user.id).update(**dict.fromkeys(PERSONAL))
    await UserImportRow.filter(user_id=user.id).update(changes=[], identity_hash="")
    requests: Any = await Request.filter(user_id=user.id).values_list("id", flat=True)
    await unname([user.id, *held, *requests], str(user.uuid))
    client = get_connection("default")
    await client.execute_query(UNGUESS, [user.organisation_id, user.email])
    await client.execute_query(UNSIGN, [user.id, str(user.uuid)])
    # What a user asked for on behalf of the organisation stays.
    asked = Request.filter(user_id=user.id, power_of_attorney_id__isnull=False)
    await asked.update(user_id=None, reason=None)
    await User.filter(id=user.id).delete()


async def forget_request(request: Request) -> None:
    """Erases a request, and the name of whoever made it unless they made another."""
    if not await Request.filter(asked_by_id=request.asked_by_id).exclude(id=request.id).exists():
        await Actor.filter(id=request.asked_by_id, user_id=None).update(name=str(request.id))
    await unname([request.id], str(request.id))
    await Request.filter(id=request.id).delete()


async def unname(keys: list[UUID], instead: str) -> None:
    """Puts a number in place of the name wherever others are told of things with these ids."""
    for model in (Notification, GatheredEvent):
        await get_connection("default").execute_query(
            UNNAME.format(model._meta.db_table), [keys, instead]
        )


async def forget_letters(organisation_id: UUID, before: object) -> None:
    """Deletes letters that were written before a moment, and that nothing points to any longer."""
    await get_connection("default").execute_query(
        "delete from letter l where l.organisation_id = $1 and l.queued_at <= $2"
        f" and l.status <> 'QUEUED' and {unpointed()}",
        [organisation_id, before],
    )


@cache
def unpointed() -> str:
    """The condition that no row of any table points to a letter."""
    pointing = [
        f'not exists (select 1 from "{model._meta.db_table}" p where p."{way.source_field}" = l.id)'
        for model in Tortoise.apps["models"].values()
        for way in (model._meta.fields_map[name] for name in model._meta.fk_fields)
        if way.related_model is Letter
    ]
    return " and ".join(pointing)

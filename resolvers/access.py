"""Whether somebody may do something to a thing, and why: the one word that every guard asks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from tortoise.connection import get_connection

from models import Record, Role, RoleAssignment, User, messages
from models.base import EVERYONE
from models.refusals import Denied, TurnedAway
from planner.declarations import ALL, NONE, reach
from planner.drafts import Draft
from resolvers.context import Context
from resolvers.standings import Standings


@dataclass(frozen=True)
class Verdict:
    """Whether something is allowed; why, by the name of a sentence; and by which role, if any."""

    is_allowed: bool
    reason: str
    role: Role | None = None
    power: UUID | None = None  # the power of attorney by which it is


OWN = Verdict(True, "access_own")
OWN_ONLY = Verdict(False, "access_own_only")
OTHERS_ONLY = Verdict(False, "access_others_only")
OTHER_SIDE = Verdict(False, "access_other_side")
DENIED = Verdict(False, "access_denied")
INACTIVE = Verdict(False, "access_inactive")


async def judge(context: Context, permission: str, target: Record) -> Verdict:
    """Whether the one who asks may do this to a thing of the organisation."""
    extent, me = context.extent(permission), context.subject.user_id
    if extent is NONE or not target.is_for(context.organisation_id, permission):
        return DENIED
    if not target.is_for(context.subject.organisation_id, permission):
        return OTHER_SIDE
    if permission in target.for_others and me and getattr(target, str(target.owner)) == me:
        return OTHERS_ONLY
    holder = getattr(target, str(target.owner)) if permission in target.for_owner else None
    if holder not in (None, me):
        return OWN_ONLY
    if reach(extent, type(target)) is ALL:
        return granted(context, permission)
    return OWN if await is_own(target, context) else OWN_ONLY


def judge_all(context: Context, permission: str, kinds: Collection[type[Record]]) -> Verdict:
    """Whether the one who asks may do this where no thing is named.

    That is to all that it can be done to; but to one's own, where nobody does it to others'.
    """
    extent = context.extent(permission)
    if extent is NONE:
        return DENIED
    if extent is ALL:
        return granted(context, permission)
    is_free = all(one.is_private or reach(extent, one) is ALL for one in kinds)
    return OWN if is_free else OWN_ONLY


def granted(context: Context, permission: str) -> Verdict:
    """A yes by a power of attorney, or by a role; what is everybody's, one may without any."""
    subject = context.subject
    if permission in subject.carried:
        return Verdict(True, "access_by_power", power=subject.power(permission))
    role = context.policy.decider(subject, permission)
    if subject.is_machine:
        return Verdict(True, "access_by_system_right")
    return Verdict(True, "access_allowed", Role(role.upper())) if role else OWN


async def is_own(target: Record, context: Context) -> bool:
    """Whether a thing is the asking user's own, as the statements that read it tell."""
    owner, me = target.owner, context.subject.user_id
    if is_proved(target, context):
        return True
    if owner is None or me is None:
        return False
    if owner == EVERYONE:
        return True
    if "." not in owner and getattr(target, owner) == me:
        return True
    if "." not in owner and target.owned_by is None:
        return False
    draft = Draft(type(target), own=True)
    draft.conditions.append(f"{draft.expression('id')} = {draft.place('key')}")
    statement = draft.done(draft.select("1"))
    known = {"tenant": target.organisation_id, "me": me, "key": target.id}
    client = get_connection("default")
    return bool(await client.execute_query_dict(statement.text, statement.values(known)))


def is_proved(target: Record, context: Context) -> bool:
    """Whether the asking person's CPR number shows that a thing is theirs."""
    number = context.person and context.person.cpr_number_hash
    return bool(number and target.proved_by and getattr(target, target.proved_by) == number)


def denied(permission: str, context: Context) -> Denied:
    """The refusal of a permission: who holds it, and who can give that."""
    if context.subject.is_turned_away:
        return TurnedAway(permission=permission)
    policy = context.policy
    return Denied(
        permission=permission,
        allowed_for=policy.roles(permission),
        grantable_by=policy.granters(permission),
    )


async def as_if(context: Context, user: User) -> Context | None:
    """What a request would carry if another user sent it; nothing of one that is not active."""
    standing = await Standings().of(user.id, context.today)
    if standing is None:
        return None
    return replace(
        context, subject=standing.subject, person=standing.person, name=standing.name, attempt=None
    )


def said(context: Context, permission: str, verdict: Verdict, name: str | None) -> str:
    """A verdict in a sentence: about somebody by name, or about whoever asks."""
    policy, language = context.policy, context.language
    return messages.sentence(
        verdict.reason,
        language,
        person=name,
        permission=permission,
        role=verdict.role and (verdict.role,),
        allowed_for=policy.roles(permission),
        grantable_by=policy.granters(permission),
    )


async def origin(verdict: Verdict, user_id: UUID | None) -> RoleAssignment | None:
    """The assignment that the deciding role comes from; none where no role decides."""
    if verdict.role is None or user_id is None:
        return None
    return await RoleAssignment.get_or_none(user_id=user_id, role=verdict.role)

"""What can be done to users."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from typing_extensions import Unpack

from models import (
    AssuranceLevel,
    EanLocation,
    EntityKind,
    GroupMember,
    Organisation,
    ProductionUnit,
    User,
    UserStatus,
    VatUnit,
)
from models.numbers import CprNumber, Email, PhoneNumber
from models.refusals import Invalid
from models.texts import Line, Name, Reason
from resolvers import (
    activations,
    authenticators,
    certificates,
    power_ends,
    requests,
    rights,
    roles,
)
from resolvers.activations import CodedUser
from resolvers.authenticators import AuthenticatorInput, all_assignable, order_all
from resolvers.context import Context, Id, OneOf, checked_by
from resolvers.persons import PersonIdentifier, identify
from resolvers.rights import RightGrantInput, give, grantable
from resolvers.settings import Units, usual_units
from resolvers.usages import Usage
from resolvers.user_rules import allowed, must_be_alterable


class Alterations(TypedDict, total=False):
    """What can be altered of a user.

    email: The e-mail address.
    phone_number: The telephone number.
    reference_text: The organisation's own reference.
    production_unit: The production unit.
    vat_unit: The VAT unit.
    ean: The EAN number that pays.
    target_assurance_level: The assurance level to ask for.
    can_sign: Whether the user may sign for the organisation.
    can_seal: Whether the user may form seals.
    first_name: The first name; before activation only.
    surname: The surname; before activation only.
    person: The CPR number or the date of birth; before activation only.
    """

    email: Email
    phone_number: PhoneNumber | None
    reference_text: Line | None
    production_unit: ProductionUnit | None
    vat_unit: VatUnit | None
    ean: EanLocation | None
    target_assurance_level: AssuranceLevel
    can_sign: bool
    can_seal: bool
    first_name: Name
    surname: Name
    person: PersonIdentifier


@dataclass
class DeletedUser:
    """A user that has gone, and what went with it."""

    user: User
    consequences: list[Usage]


TIED = ("production_unit", "vat_unit", "ean")
NAMED_LATER = dict.fromkeys(("first_name", "surname", "name"), "")


async def creatable(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """What is not allowed of a new user, and what is wrong with its means of signing in."""
    async for fault in allowed(context, given):
        yield fault
    async for fault in all_assignable(context, given.get("authenticators")):
        yield fault
    async for fault in grantable(context, given):
        yield fault


@checked_by(creatable)
async def create(
    context: Context,
    first_name: Name,
    surname: Name,
    person: PersonIdentifier,
    email: Email,
    phone_number: PhoneNumber | None = None,
    is_anonymous: bool | None = False,
    reference_text: Line | None = None,
    target_assurance_level: AssuranceLevel | None = None,
    ean: EanLocation | None = None,
    authenticators: list[AuthenticatorInput] | None = None,
    can_sign: bool | None = False,
    can_seal: bool | None = False,
    rights: list[RightGrantInput] | None = None,
    **units: Unpack[Units],
) -> CodedUser:
    """Create a user and send the activation letter.

    first_name: The first name.
    surname: The surname.
    person: The CPR number or the date of birth.
    email: The e-mail address.
    phone_number: The telephone number.
    is_anonymous: Whether services see the identity number instead of the name; cannot be added
        later.
    reference_text: The organisation's own reference, where the settings allow it.
    target_assurance_level: The assurance level to ask for; the organisation's when absent.
    ean: The EAN number that pays.
    authenticators: What the user may sign in with; separate MitID by app when absent.
    can_sign: Whether the user may sign for the organisation.
    can_seal: Whether the user may form seals.
    rights: Rights to give at once.
    user: The new user.
    temporary_code: The code to hand over, when the user was created by date of birth.
    """
    coded = await enrol(
        context,
        first_name,
        surname,
        person,
        email=email,
        phone_number=phone_number,
        is_anonymous=bool(is_anonymous),
        reference_text=reference_text or None,
        target_assurance_level=target_assurance_level,
        ean=ean,
        authenticators=authenticators,
        can_sign=bool(can_sign),
        can_seal=bool(can_seal),
        **{**await usual_units(context, "user"), **units},
    )
    for at, one in enumerate(rights or ()):
        await give(context, coded.user, one, "rights", at)
    return coded


async def enrol(
    context: Context,
    first_name: str,
    surname: str,
    person: PersonIdentifier,
    authenticators: list[AuthenticatorInput] | None = None,
    **given: Any,
) -> CodedUser:
    """Makes a user of a person and sends the activation letter: the one way in."""
    user = made(
        context,
        await context.organisation(),
        UserStatus.AWAITING_ACTIVATION,
        awaiting_since=context.now,
        first_name=first_name,
        surname=surname,
        person=person,
        **given,
    )
    await user.save()
    await order_all(context, user, authenticators)
    return CodedUser(user, await activations.invite(context, user))


def made(
    context: Context,
    organisation: Organisation,
    status: UserStatus,
    *,
    first_name: str,
    surname: str,
    person: PersonIdentifier,
    target_assurance_level: AssuranceLevel | None = None,
    **given: Any,
) -> User:
    """A new user, not stored yet."""
    for name in TIED:
        one = given.pop(name, None)
        given.setdefault(f"{name}_id", one and one.id)
    user = User.built(
        organisation_id=organisation.id,
        status=status,
        target_assurance_level=target_assurance_level or organisation.assurance_level,
        **NAMED_LATER,
        **given,
    )
    user.rename(first_name, surname)
    identify(context, user, person)
    return user


@checked_by(allowed)
async def update(context: Context, user: User, **given: Unpack[Alterations]) -> User:
    """Change what is known of a user; absent is unchanged, null is cleared.

    user: The user as it is now.
    """
    must_be_alterable(user, given)
    former_email, former_person = user.email, user.cpr_number_hash
    if "person" in given:
        identify(context, user, given.pop("person"))
    user.rename(given.pop("first_name", user.first_name), given.pop("surname", user.surname))
    for name, value in given.items():
        setattr(user, name, value)
    if not user.is_altered:
        return user
    # An imported user has not been written to yet, at whatever address.
    if user.email != former_email and user.status is not UserStatus.IMPORTED:
        organisation = await context.organisation()
        names = {"name": user.name, "organisation": organisation.name}
        await context.post_to(
            user.organisation_id, former_email, user.language, "email_changed", **names
        )
    await user.save()
    if user.status is UserStatus.AWAITING_ACTIVATION:
        await follow(context, user, former_email, former_person)
    return user


async def follow(
    context: Context, user: User, former_email: str, former_person: str | None
) -> None:
    """Sends the way in anew to an address or for a number that has changed meanwhile.

    What was handed over for another number is void: no tries are left until a code is renewed.
    """
    is_another = user.cpr_number_hash != former_person
    if is_another:
        await activations.void(user)
    if is_another or user.email != former_email:
        await activations.resend(context, user)


async def deactivate(
    context: Context,
    user: User,
    from_: date | None = None,
    until: date | None = None,
    reason: Reason | None = None,
) -> User:
    """Close a user's access, until further notice or for a period.

    from: The first day; now when absent.
    until: The last day, after which the user returns by itself.
    reason: Why.
    user: The user with the deactivation.
    """
    since = from_ or context.today
    user.deactivate(context.today, since, until, reason or None, await context.actor())
    if user.status is UserStatus.DEACTIVATED:
        await activations.void(user)
        await authenticators.void_codes(user)
    await roles.must_keep_an_organisation_administrator(context, without=user)
    await user.save()
    return user


async def reactivate(context: Context, user: User) -> User:
    """Open a deactivated user's access again, or drop a planned deactivation.

    user: The active user.
    """
    user.reactivate()
    await user.save()
    return user


async def delete(context: Context, user: User) -> DeletedUser:
    """Delete a user for ever, with certificates, memberships, rights, roles and authenticators.

    user: The deleted user.
    consequences: What ends with the user; dryRun lists it beforehand.
    """
    user.end(context.now)
    await roles.must_keep_an_organisation_administrator(context, without=user)
    ended_certificates = await certificates.end_all(context, user)
    withdrawn = await authenticators.withdraw_all(user)
    ended_rights = await rights.end_all(user_id=user.id)
    memberships = await GroupMember.filter(user_id=user.id, group__kind="CUSTOM")
    for membership in memberships:
        await membership.delete()
    powers, delegation_groups = await power_ends.leave(context, user)
    ended_requests = await requests.end_all(user)
    await roles.end_all(user)
    await activations.void(user)
    await user.save()
    ended: list[tuple[EntityKind, list[Any]]] = [
        (EntityKind.AUTHENTICATOR, withdrawn),
        (EntityKind.CERTIFICATE, ended_certificates),
        (EntityKind.DELEGATION_GROUP, delegation_groups),
        (EntityKind.GROUP_MEMBER, memberships),
        (EntityKind.POWER_OF_ATTORNEY, powers),
        (EntityKind.REQUEST, ended_requests),
        (EntityKind.RIGHT_ASSIGNMENT, ended_rights),
    ]
    return DeletedUser(user, [usage(user, kind, all) for kind, all in ended if all])


def usage(user: User, kind: EntityKind, ended: list[Any]) -> Usage:
    """What ended with a user; of what is another organisation's, only how many."""
    here = [one for one in ended if user.organisation_id in one.homes]
    return Usage(kind, len(ended), here[:10])


@dataclass
class UserRef(OneOf):
    """A UserRef names one user, in one of four ways.

    id: By id.
    uuid: By identity number.
    cpr_number: By CPR number; refused as ambiguous when several users share it.
    email: By e-mail address; refused as ambiguous when several users share it.
    """

    id: Id | None = None
    uuid: UUID | None = None
    cpr_number: CprNumber | None = None
    email: Email | None = None

"""What an organisation allows of a user's values, one by one and in files alike."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from typing import Any

from models import InformationKind, Organisation, User, UserSettings, UserStatus
from models.numbers import check_past
from models.refusals import Conflict, Invalid
from resolvers.context import Context

INFORMATION = {
    "production_unit": ("pNumber", InformationKind.P_NUMBER),
    "vat_unit": ("seNumber", InformationKind.SE_NUMBER),
    "ean": ("eanNumber", InformationKind.EAN_NUMBER),
    "reference_text": ("referenceText", InformationKind.REFERENCE_TEXT),
}


async def allowed(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Invalid]:
    """The values that the organisation or its settings do not allow."""
    settings = organisation = None
    if given.get("is_anonymous") or any(given.get(name) for name in INFORMATION):
        settings = await UserSettings.get(organisation_id=context.organisation_id)
    if given.get("target_assurance_level"):
        organisation = await context.organisation()
    for fault in disallowed(given, settings, organisation, context.today):
        yield fault


def disallowed(
    given: Mapping[str, Any],
    settings: UserSettings | None,
    organisation: Organisation | None,
    today: date,
) -> Iterator[Invalid]:
    """What the settings, the organisation's level or the calendar say against some values."""
    if settings:
        for argument, information in (INFORMATION[name] for name in INFORMATION if given.get(name)):
            if information not in settings.allowed_information:
                is_text = information is InformationKind.REFERENCE_TEXT
                code = "REFERENCE_TEXT_DISABLED" if is_text else "SETTING_FORBIDS"
                yield Invalid(code, path=(argument,))
        if given.get("is_anonymous") and not settings.can_be_anonymous:
            yield Invalid("SETTING_FORBIDS", path=("isAnonymous",))
    level = given.get("target_assurance_level")
    if organisation and level and level > organisation.assurance_level:
        yield Invalid("LEVEL_ABOVE_ORGANISATION", path=("targetAssuranceLevel",))
    person = given.get("person")
    if person and person.date_of_birth:
        try:
            check_past(person.date_of_birth, today=today)
        except Invalid as fault:
            yield fault.under("person", "dateOfBirth")


def must_be_alterable(user: User, given: Mapping[str, Any]) -> None:
    """Refuses to change nothing, a deleted user, or who an activated user is."""
    if not given:
        raise Invalid("NOTHING_TO_CHANGE")
    if user.status is UserStatus.DELETED:
        raise Conflict("USER_DELETED", current=user)
    fixed = [name for name in ("first_name", "surname", "person") if name in given]
    if fixed and user.is_named_for_good:
        argument = {"first_name": "firstName"}.get(fixed[0], fixed[0])
        raise Conflict("NAME_FIXED_AFTER_ACTIVATION", path=(argument,), current=user)

"""What a row of a file would change, told as the history tells it."""

from typing import Any
from uuid import UUID

from models import Entity, User
from models.base import as_text
from models.numbers import birth_date, mask_cpr_number
from models.user_files import DELETE
from models.users import DELETED
from models.wording import camel
from resolvers.user_rows import CheckedRow


def planned(row: CheckedRow, names: dict[UUID, str]) -> list[dict[str, str | None]]:
    """The values that change, old and new; of a CPR number only what may be shown."""
    if row.action is DELETE:
        assert row.user
        return [{"field": "status", "old": row.user.status.value, "new": DELETED.value}]
    values = {**row.given}
    if person := values.pop("person", None):
        number = person.cpr_number
        values["cpr_number"] = number and mask_cpr_number(number)
        values["date_of_birth"] = birth_date(number) if number else person.date_of_birth
    pairs = ((name, former(row.user, name, new, names), new) for name, new in values.items())
    texts = ((camel(name), shown(old), shown(new)) for name, old, new in pairs)
    return [{"field": name, "old": old, "new": new} for name, old, new in texts if old != new]


def former(user: User | None, name: str, new: Any, names: dict[UUID, str]) -> Any:
    """The value that a user has now; of a unit its number."""
    if user is None:
        return None
    if isinstance(new, Entity):
        return names.get(getattr(user, f"{name}_id"))
    return getattr(user, name)


def shown(value: Any) -> str | None:
    return value.known_as if isinstance(value, Entity) else as_text(value)

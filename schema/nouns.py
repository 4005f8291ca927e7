"""The types by name, and fields whose types are named by text: types can name each other freely."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from models.numbers import CprNumber
from schema.docs import summary
from schema.shape import UNSET

NOUNS: dict[str, Any] = {
    "Optional": Optional,
    "datetime": datetime,
    "CprNumber": CprNumber,
    "Decimal": Decimal,
}


class NounField(StrawberryField):
    """A field whose type is named by a text, which is looked up among the nouns."""

    @property
    def type(self) -> Any:
        return self.resolve_type()

    @type.setter
    def type(self, given: Any) -> None:
        namespace = NOUNS if isinstance(given, str) else None
        self.type_annotation = StrawberryAnnotation.from_annotation(given, namespace=namespace)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="allow",
    description="The permission that a field asks for, object and action, as in the policy file.",
)
class Allow:
    """Shows clients the permission that a field asks for."""

    permission: str = strawberry.field(description="The permission, such as group:create.")


def plain(cls: type) -> type:
    """Declares a type whose fields are attributes of a value."""
    made = strawberry.type(named_plainly(cls), description=summary(cls))
    NOUNS[cls.__name__] = made
    return made


def named_plainly(cls: type) -> type:
    """Names `from_` as GraphQL can: `from`."""
    for name, one in vars(cls).items():
        if isinstance(one, StrawberryField) and name.endswith("_"):
            one.graphql_name = name.rstrip("_")
    return cls


def interface(cls: type) -> type:
    """Declares what several types have in common."""
    NOUNS[cls.__name__] = strawberry.interface(cls, description=summary(cls))
    return NOUNS[cls.__name__]


root = plain  # a type whose fields are ways in


def field(
    description: str,
    kind: str | None = None,
    declared: Any = None,
    *,
    allow: str | None = None,
    arguments: tuple[StrawberryArgument, ...] = (),
    resolver: Callable[..., Any] | None = None,
) -> Any:
    """A Strawberry field with its declaration, its permission for all to see, and its resolver."""
    made = NounField(
        description=description,
        base_resolver=StrawberryResolver(resolver) if resolver else None,
        type_annotation=StrawberryAnnotation(kind, namespace=NOUNS) if kind else None,
        metadata={"declared": declared, "allow": allow},
        directives=[Allow(permission=allow)] if allow else [],
    )
    if resolver:
        made._arguments = list(arguments)
    return made


def argument(name: str, kind: Any, description: str, default: Any = UNSET) -> StrawberryArgument:
    annotation = StrawberryAnnotation(kind, namespace=NOUNS)
    shown_as = name.rstrip("_") if name.endswith("_") else None
    return StrawberryArgument(name, shown_as, annotation, description=description, default=default)

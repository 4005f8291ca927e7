"""The scalars, and how the value behind each is checked.

Every scalar takes whatever the client sends: the domain says what is wrong with it, as a problem
with a code and a path, beside all the others.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from models import numbers
from models.numbers import (
    AsciiEmail,
    CprNumber,
    CvrNumber,
    EanNumber,
    Email,
    MaskedCprNumber,
    PhoneNumber,
    PNumber,
    SeNumber,
)
from models.texts import Length
from resolvers.context import Context, Id, Key
from resolvers.downloads import Url
from resolvers.imports import Upload

SCALARS = {
    datetime: (
        "DateTime",
        "is a moment with its offset, as in 2027-02-01T08:30:00+01:00; answers are in UTC.",
        "https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: (
        "Date",
        "is a day in Denmark's calendar, as in 2027-02-01.",
        "https://scalars.graphql.org/andimarek/local-date.html",
    ),
    UUID: (
        "UUID",
        "is an identity number of 32 hexadecimal digits; hyphens may be left out in input and stand"
        " in every answer.",
        "https://www.rfc-editor.org/rfc/rfc9562",
    ),
    CvrNumber: (
        "CvrNumber",
        "is an organisation's CVR number: 8 digits, modulus 11.",
        "https://erhvervsstyrelsen.dk/modulus_11",
    ),
    PNumber: (
        "PNumber",
        "is a production unit's P-number: 10 digits.",
        "https://erhvervsstyrelsen.dk/cvr-numre-p-numre-og-se-numre",
    ),
    SeNumber: (
        "SeNumber",
        "is a VAT unit's SE-number: 8 digits.",
        "https://erhvervsstyrelsen.dk/cvr-numre-p-numre-og-se-numre",
    ),
    EanNumber: (
        "EanNumber",
        "is an EAN number for electronic invoices: 13 digits with a check digit.",
        "https://www.gs1.org/standards/id-keys/gln",
    ),
    CprNumber: (
        "CprNumber",
        "is a person's CPR number, DDMMYYSSSS with or without a hyphen; taken in, and given out by"
        " revealCprNumber only.",
        "https://www.cpr.dk",
    ),
    MaskedCprNumber: (
        "MaskedCprNumber",
        "is a CPR number whose last four digits are hidden, as in 010190-****.",
        "https://www.cpr.dk",
    ),
    Email: (
        "Email",
        "is an e-mail address.",
        "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
    ),
    PhoneNumber: (
        "PhoneNumber",
        "is a Danish telephone number: 8 digits, no spaces, no country code.",
        "https://www.itu.int/oth/T0202000039/en",
    ),
    Url: (
        "Url",
        "is an absolute web address.",
        "https://url.spec.whatwg.org/",
    ),
    Upload: (
        "Upload",
        "is a file sent with the request, by the GraphQL multipart request specification.",
        "https://github.com/jaydenseric/graphql-multipart-request-spec",
    ),
    Decimal: (
        "Decimal",
        "is an exact decimal number as text, as in 33.50; amounts are Danish kroner excluding VAT.",
        "https://www.w3.org/TR/xmlschema11-2/#decimal",
    ),
}

Check = Callable[[Any, Context], Any]

CHECKS: dict[Any, Check] = {
    datetime: lambda given, _: numbers.check_date_time(given),
    date: lambda given, _: numbers.check_date(given),
    UUID: lambda given, _: numbers.check_uuid(given),
    Id: lambda given, _: given,
    Upload: lambda given, _: given,
    Key: lambda given, _: numbers.check_uuid(given),
    CvrNumber: lambda given, context: numbers.check_cvr_number(
        given, test_organisations=context.rules.admits_test_organisations
    ),
    PNumber: lambda given, _: numbers.check_p_number(given),
    SeNumber: lambda given, context: numbers.check_se_number(
        given, test_organisations=context.rules.admits_test_organisations
    ),
    EanNumber: lambda given, _: numbers.check_ean_number(given),
    CprNumber: lambda given, context: numbers.check_cpr_number(
        given,
        today=context.today,
        replacements=context.rules.admits_replacement_numbers,
    ),
    Email: lambda given, _: numbers.check_email(given),
    AsciiEmail: lambda given, _: numbers.check_ascii_email(given),
    PhoneNumber: lambda given, _: numbers.check_phone_number(given),
}


def check_length(given: Any, length: Length) -> str:
    """A text, trimmed; refused when it is too short or too long."""
    return numbers.check_text(given, least=length.least, most=length.most)


def written(value: Any) -> Any:
    """A value as it stands in an answer."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)


def as_given(value: Any) -> Any:
    return value


def scalar_map() -> dict[object, ScalarDefinition]:
    """The scalars by the Python types that stand for them."""
    made: dict[object, ScalarDefinition] = {
        kind: strawberry.scalar(
            name=name,
            description=f"{name} {text}",
            specified_by_url=url,
            serialize=written,
            parse_value=as_given,
        )
        for kind, (name, text, url) in SCALARS.items()
    }
    return made | {AsciiEmail: made[Email]}

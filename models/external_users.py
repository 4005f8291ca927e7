"""Users of other organisations, found by CVR number and e-mail address alone, both exact.

Whoever is unknown, shares the address, or cannot become a member of groups is not found: all of
that is decided by the one statement, so that neither words nor time tell which it was.
"""

from collections.abc import Sequence
from uuid import UUID

from tortoise import fields
from tortoise.connection import get_connection

from models.base import Record
from models.users import ELIGIBLE_FOR_GROUPS

ELIGIBLE = ELIGIBLE_FOR_GROUPS.format(activated_at="u.activated_at", status="u.status")
FOUND = f"""
select * from (
    select u.id, {{here}} as organisation_id, asked.cvr_number, asked.email,
           case when u.is_anonymous then u.uuid::text else u.name end as name,
           o.name as organisation_name, unit.p_number,
           count(*) over (partition by o.id, u.email) as namesakes
    from {{asked}} as asked (cvr_number, email)
    join organisation o on o.cvr_number = asked.cvr_number and o.id <> {{here}}
    join "user" u on u.organisation_id = o.id and u.email = asked.email and {ELIGIBLE}
    left join production_unit unit on unit.id = u.production_unit_id
) named where namesakes = 1
"""
MANY = FOUND.format(
    here="$1::uuid", asked="(select distinct * from unnest($2::text[], $3::text[]))"
)
Address = tuple[str, str]  # a CVR number and an e-mail address


class ExternalUser(Record):
    """An ExternalUser is a user of another organisation who can become a member of groups."""

    name = fields.CharField(201)
    cvr_number = fields.CharField(8)
    organisation_name = fields.CharField(200)
    p_number = fields.CharField(10, null=True)

    source = " ".join(
        FOUND.format(
            here="$tenant::uuid", asked="(values ($cvr_number::text, $email::text))"
        ).split()
    )

    class Meta:
        table = "external_user"


async def found(here: UUID, asked: Sequence[Address]) -> dict[Address, UUID]:
    """The ids of users of other organisations, by what they are asked for by."""
    rows = await get_connection("default").execute_query_dict(
        MANY, [here, [cvr_number for cvr_number, _ in asked], [email for _, email in asked]]
    )
    return {(row["cvr_number"], row["email"]): row["id"] for row in rows}

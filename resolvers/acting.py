"""Acting for another organisation: by the powers of attorney from it that one may use today.

They are looked up for each request, so that one that has ended is of no use at once.
"""

import re
from dataclasses import replace
from datetime import date

import orjson
from tortoise.connection import get_connection

from models import Organisation
from models.powers import ACTED_BY
from policies import Power
from resolvers.standings import Standing

IN_FORCE = re.sub(r"{(\w+)}", r"p.\1", ACTED_BY).replace("$today", "$4").replace("$me", "$3")
POWERS = f"""
select p.id, p.organisation_id, home.name, home.cvr_number,
       (select json_agg(one) from power_of_attorney_right given
        join "right" r on r.id = given.right_id, jsonb_array_elements_text(r.permissions) one
        where given.power_of_attorney_id = p.id)::text as permissions
from organisation o
join power_of_attorney p on p.organisation_id = o.id
join organisation home on home.id = p.grantee_id
where o.cvr_number = $1 and p.grantee_id = $2 and {IN_FORCE}
order by p.id
"""


async def standing_for(home: Standing, cvr_number: str, day: date) -> Standing:
    """Where a user stands in another organisation: with what powers, and named with their own.

    A machine acts for no other: powers of attorney are named to users.

    Nothing tells an organisation that is not here from one that gave no power, or gives none any
    more.
    """
    who = home.subject
    rows = await get_connection("default").execute_query_dict(
        POWERS, [cvr_number, who.organisation_id, who.user_id, day]
    )
    if not rows:
        own = await Organisation.get(id=who.organisation_id)
        is_own = own.cvr_number == cvr_number
        return home if is_own else replace(home, subject=who.turned_away())
    powers = [Power(row["id"], frozenset(orjson.loads(row["permissions"] or "[]"))) for row in rows]
    first = rows[0]
    name = f"{home.name_abroad}, {first['name']} (CVR {first['cvr_number']})"
    return replace(home, subject=who.acting(first["organisation_id"], powers), name=name)

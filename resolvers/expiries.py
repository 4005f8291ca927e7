"""Tells that certificates expire: 60, 30 and 7 days before, each time once.

A notice is noted with its certificate in the transaction that writes its letters: whoever is killed
in between has given none, and whoever comes second finds it given.
"""

import logging
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateways import Gateways, in_denmark, today
from models import Certificate, CertificateProfile, Language, User
from policies import Policy
from resolvers import roles
from resolvers.rights import told_day
from resolvers.telling import tell_of, write_to

JOB = "expiries"
NOTICES = (60, 30, 7)  # days before the day on which a certificate expires
NEVER = max(NOTICES) + 1
# $1 is now; $2 are the days of the notices, $3 where the days end that each of them speaks of.
NEAREST = """(select min(n.days) from unnest($2::int[], $3::timestamptz[]) n(days, ending)
    where c.expires_at < n.ending)"""
# Of what has been renewed nobody is told, unless that has come to its end before.
DUE = f"""
c.status = 'ISSUED' and c.expires_at > $1 and c.expires_at < ($3::timestamptz[])[1]
and coalesce(c.noticed_days, {NEVER}) > {NEAREST}
and not exists (select 1 from certificate f
                where f.id = c.renewed_by_id and f.status = 'ISSUED' and f.expires_at > $1)
"""
FIND = f"select c.id from certificate c where {DUE} order by c.expires_at, c.id"
TAKE = f"""
update certificate c set noticed_days = {NEAREST} where c.id = (
    select c.id from certificate c where c.id = $4 and {DUE} for no key update skip locked
) returning c.id
"""

logger = logging.getLogger(__name__)


async def turn(reach: Gateways, policy: Policy) -> None:
    """Gives the notices that are due."""
    due = due_at(reach.clock.now())
    for row in await get_connection("default").execute_query_dict(FIND, due):
        try:
            await notify(reach, policy, row["id"], due)
        except Exception:  # what cannot be told of one certificate keeps no other waiting
            logger.exception("It could not be told that %s expires.", row["id"])


def due_at(now: datetime) -> list[Any]:
    """What the statements are given: the moment, and the notices with what they speak of."""
    here = in_denmark(now)
    days = [here.date() + timedelta(days=notice + 1) for notice in NOTICES]
    return [now, list(NOTICES), [datetime.combine(day, time(), here.tzinfo) for day in days]]


async def notify(reach: Gateways, policy: Policy, key: UUID, due: list[Any]) -> None:
    """Gives one notice, unless another process gives it or it is due no longer."""
    async with in_transaction():
        client = get_connection("default")
        if await client.execute_query_dict(f"with c as ({TAKE}) select id from c", [*due, key]):
            await tell(reach, policy, await Certificate.get(id=key))


async def tell(reach: Gateways, policy: Policy, certificate: Certificate) -> None:
    """Tells whose certificate it is, and those who administer certificates, when it expires."""
    assert certificate.expires_at
    here, day = certificate.organisation_id, today(reach.clock.now())
    user = await User.get_or_none(id=certificate.user_id)
    profile = await CertificateProfile.get_or_none(id=certificate.profile_id)
    words = {
        "reference": certificate.reference,
        "expires_on": told_day(today(certificate.expires_at)),
        "person": user and user.name,
        "profile": profile and profile.name,
    }
    told = {one.id: one for one in await roles.holders(policy, here, day, "certificate:order")}
    if user:
        told[user.id] = user
    if profile:
        told = {key: one for key, one in told.items() if one.email != profile.contact_email}
        named = words | {"name": profile.contact_name}  # a contact person need not be a user
        to, language = profile.contact_email, Language.DANISH
        await write_to(reach, here, to, language, "certificate_expiring", **named)
    await tell_of(reach, [*told.values()], "certificate_expiring", certificate, **words)

"""The demo's certificates: each issued by the authority, for a key that nobody has kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateways import KeyKind, make_key, request_for
from models import (
    Actor,
    ActorKind,
    Certificate,
    CertificateKind,
    CertificateProfile,
    RetrievalIdentification,
    RevocationReason,
    User,
)
from resolvers.certificates import CertificateHolder, facts, new_reference
from resolvers.context import Context
from resolvers.issuing import YEARS, KeyChoice, later, sign

FIRST, APART = timedelta(days=-20), timedelta(days=30)  # when certificates expire, from now
LASTS = timedelta(days=YEARS * 365)


async def certify(
    context: Context, users: Sequence[User], patient: User, profile: CertificateProfile
) -> None:
    """For each user one, the first expired, the last revoked; for a system one; and one waits."""
    actor = await Actor.named(profile.organisation_id, ActorKind.SYSTEM, "Segl")
    now, holders = context.now, [one for one in users if one.id != patient.id]
    for number, user in enumerate(holders):
        until = now + FIRST + number * APART
        one = ordered(CertificateKind.USER, CertificateHolder(user=user), until - LASTS, actor)
        await issue(context, one, until)
        if user is holders[-1]:
            one.revoke(now, RevocationReason.AFFILIATION_CHANGED, actor)
            await one.save()
    system = ordered(CertificateKind.SYSTEM, CertificateHolder(profile=profile), now, actor)
    await issue(context, system, later(now))
    await ordered(CertificateKind.USER, CertificateHolder(user=patient), now, actor).save()


def ordered(
    kind: CertificateKind, holder: CertificateHolder, at: datetime, actor: Actor
) -> Certificate:
    """An order, to be retrieved by one's own sign-in."""
    whose = holder.user or holder.profile
    assert whose
    return Certificate(
        organisation_id=whose.organisation_id,
        kind=kind,
        identification=RetrievalIdentification.OWN_SIGN_IN,
        reference=new_reference(),
        ordered_at=at,
        ordered_by=actor,
        **facts(holder, None),
    )


async def issue(context: Context, order: Certificate, until: datetime) -> None:
    """Has the authority turn an order into a certificate, as if on the day that it was made."""
    order.issue(order.ordered_at, until)
    await sign(context, order, KeyChoice(csr=request_for(make_key(KeyKind.EC_P256))))
    await order.save()

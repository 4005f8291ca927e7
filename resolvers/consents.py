"""The consent of users to sign in with private MitID at work: theirs to give and to withdraw."""

from models import Authenticator, AuthenticatorKind, AuthenticatorSettings
from models.refusals import Conflict
from resolvers import authenticators
from resolvers.context import Context


async def give(context: Context, authenticator: Authenticator) -> Authenticator:
    """Agree to use one's private MitID at work.

    authenticator_id: One's own private MitID authenticator.
    authenticator: The authenticator, now active.
    """
    authenticator.agree(context.now)
    await must_be_allowed(context, "authenticatorId")
    await authenticator.save()
    await authenticators.tell(context, authenticator, "consent_given")
    return authenticator


async def withdraw(context: Context, authenticator: Authenticator) -> Authenticator:
    """No longer agree to use one's private MitID at work.

    authenticator_id: One's own private MitID authenticator.
    authenticator: The authenticator, no longer in use.
    """
    authenticator.disagree()
    await authenticator.save()
    await authenticators.tell(context, authenticator, "consent_withdrawn")
    return authenticator


async def must_be_allowed(context: Context, argument: str) -> None:
    """Refuses a consent to private MitID in an organisation that does not allow it."""
    settings = await AuthenticatorSettings.get(organisation_id=context.organisation_id)
    if AuthenticatorKind.PRIVATE_MITID not in settings.allowed_kinds:
        raise Conflict("AUTHENTICATOR_FORBIDDEN", path=(argument,))

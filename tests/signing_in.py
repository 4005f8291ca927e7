"""What stories of authenticators send."""

from typing import Any
from uuid import UUID

from models import AuthenticatorSettings
from tests.making import Maker

ADDRESS = "Storegade 1, 8000 Aarhus C"
CREDENTIAL = UUID("0190c4f1-7c1e-7b1e-8a51-0f6f2c1d9a10")
CHIP = {"kind": "SEPARATE_MITID", "device": "CHIP", "deliveryAddress": ADDRESS}
PRIVATE = {"kind": "PRIVATE_MITID"}

FACTS = """
fragment Means on Authenticator {
  id version kind device status subjectName issuer { cvrNumber name } deliveryAddress
  orderedAt activatedAt user { id }
}
"""


def changing(operation: str, also: str = "") -> str:
    """The document of a change that answers with an authenticator."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            authenticator {{ ...Means }} {also}
            errors {{ code message path ... on Conflict {{ current {{ id }} }} }}
          }}
        }}
        {FACTS}
    """


ASSIGN = changing("assignAuthenticator")
WITHDRAW = changing("withdrawAuthenticator")
RENEW = changing("renewAuthenticatorCode", "temporaryCode { code expiresAt user { id } }")
GIVE = changing("giveConsent")
WITHDRAW_CONSENT = changing("withdrawConsent")
MEANS = "query ($id: ID!) { user(by: {id: $id}) { authenticators { nodes { ...Means } } } }" + FACTS


async def allow(make: Maker, organisation: Any, **choices: list[str]) -> None:
    """Lets an organisation's settings be these."""
    settings = await AuthenticatorSettings.get(organisation_id=organisation.id)
    for name, chosen in choices.items():
        setattr(settings, name, chosen)
    async with make.change(organisation.id):
        await settings.save()

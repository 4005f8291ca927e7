"""The ways in which an organisation can pay, as tests read and choose them."""

from models import Billing, InformationKind, Organisation, UserSettings
from tests.making import EANS

METHOD = """
fragment Method on Billing {
  method {
    kind
    ... on NemHandelMethod { defaultEan { eanNumber } eans { nodes { eanNumber label } } }
    ... on DigitalPostMethod { attentionName reference }
    ... on EmailMethod { email attentionName reference }
  }
}
"""
BILLING = "{ billing { ...Method } }" + METHOD
UPDATE = (
    """
mutation UpdateBilling($input: UpdateBillingInput!, $dryRun: Boolean) {
  updateBilling(input: $input, dryRun: $dryRun) {
    billing { version changedAt changedBy { name } ...Method }
    errors { code message path ... on Denied { permission allowedFor grantableBy } }
  }
}
"""
    + METHOD
)

NEM_HANDEL = {"nemHandel": {"defaultEanNumber": EANS[0]}}
DIGITAL_POST = {"digitalPost": {"attentionName": "Bo Holm", "reference": "PO-17"}}
BY_EMAIL = {
    "email": {
        "email": "bills@example.dk",
        "emailAgain": "bills@example.dk",
        "attentionName": "Eva Lund",
        "reference": "PO-18",
    }
}


async def billing_of(organisation: Organisation) -> Billing:
    """How an organisation is invoiced now."""
    return await Billing.get(organisation_id=organisation.id)


async def allow_eans(organisation: Organisation) -> None:
    """Lets EAN numbers be tied to users."""
    await UserSettings.filter(organisation_id=organisation.id).update(
        allowed_information=[InformationKind.EAN_NUMBER]
    )

"""What stories of users send, and how they read what comes back."""

import re
from typing import Any

from gateways import Letter
from models import Entity, HistoryEntry

EVERY_ROLE = ("user_administrator", "rights_administrator", "organisation_administrator")
CPR = "6101904242"
ANNE = {
    "firstName": "Anne",
    "surname": "Østergaard",
    "person": {"cprNumber": CPR},
    "email": "anne@example.dk",
}
BY_BIRTH = {"person": {"dateOfBirth": "1990-01-01"}}

FACTS = """
fragment Facts on User {
  id version status name email phoneNumber cprNumber dateOfBirth isAnonymous referenceText
  targetAssuranceLevel assuranceLevel canSign canSeal activatedAt
  productionUnit { pNumber } vatUnit { seNumber } ean { eanNumber }
  deactivation { from until reason deactivatedBy { name } }
  activation { kind expiresAt isExpired triesLeft letter { to } }
}
"""


def changing(operation: str, also: str = "") -> str:
    """The document of a change that answers with a user."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            user {{ ...Facts }} {also}
            errors {{ code message path ... on Conflict {{ currentVersion }} }}
          }}
        }}
        {FACTS}
    """


CODE = "temporaryCode { code expiresAt user { id } }"
CREATE = changing("createUser", CODE)
UPDATE = changing("updateUser")
RESEND = changing("resendActivation")
RENEW_CODE = changing("renewTemporaryCode", CODE)
ACTIVATE = changing("activateUser")
DEACTIVATE = changing("deactivateUser")
REACTIVATE = changing("reactivateUser")
DELETE = changing("deleteUser", "consequences { kind count examples { id } }")
USER = "query ($id: ID!) { user(by: {id: $id}) { ...Facts } }" + FACTS


def link_in(letter: Letter) -> str:
    """The secret part of the link in a letter."""
    found = re.search(r"/activate#(\S+)", letter.body)
    assert found, "the letter has no link"
    return found[1]


async def last_told(about: Entity | str) -> HistoryEntry:
    """The latest entry of the history about something."""
    key = about if isinstance(about, str) else about.id
    entry = await HistoryEntry.filter(about_id=key).order_by("-sequence").first()
    assert entry
    return entry


def changes_in(entry: HistoryEntry) -> dict[str, Any]:
    """What an entry tells: for each field the old and the new value."""
    return {one["field"]: (one["old"], one["new"]) for one in entry.changes}

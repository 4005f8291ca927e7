"""What stories of requests send."""

from typing import Any

from models import Organisation, UserSettings
from tests.making import Maker

FACTS = """
fragment Facts on Request {
  id version kind status reason canDecide decidedAt decisionReason
  askedBy { kind name user { name } } decidedBy { name }
  person { firstName surname email phoneNumber }
  user { name status }
}
"""


def changing(operation: str, also: str = "", facts: str = FACTS) -> str:
    """The document of a change that answers with a request."""
    kind = operation[0].upper() + operation[1:]
    reads = "...Facts" if facts else "id version kind status"
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            request {{ {reads} }} {also}
            errors {{ code message path ... on Conflict {{ currentVersion }} }}
          }}
        }}
        {facts}
    """


# A person without a user reads nothing that asks for a permission.
REQUEST_USER = changing("requestUser", facts="")
WITHDRAW_ALONE = changing("withdrawRequest", facts="")
REQUEST_ANONYMITY = changing("requestAnonymity")
WITHDRAW = changing("withdrawRequest")
USER = "user { id name status email phoneNumber cprNumber isAnonymous roles { role } }"
DECIDE_USER = changing("decideUserRequest", USER)
DECIDE_ANONYMITY = changing("decideAnonymityRequest", USER)
REQUEST = "query ($id: ID!) { request(id: $id) { ...Facts person { cprNumber } } }" + FACTS
REQUESTS = """
query ($filter: RequestFilter, $first: Int) {
  requests(filter: $filter, first: $first) {
    totalCount
    nodes { id kind status canDecide askedBy { name } person { email } user { name } }
  }
}
"""
MINE = """
query ($id: ID!, $filter: RequestFilter) {
  user(by: {id: $id}) { requests(filter: $filter) { nodes { id kind status } } }
}
"""


def wish(cvr_number: str, **facts: Any) -> dict[str, Any]:
    """What Anne gives who wants to become a user."""
    return {
        "cvrNumber": cvr_number,
        "firstName": "Anne",
        "surname": "Østergaard",
        "email": "anne@example.dk",
        **facts,
    }


async def let_people_ask(make: Maker, organisation: Organisation) -> Organisation:
    """Lets people ask to become users of an organisation, which is off as delivered."""
    settings = await UserSettings.get(organisation_id=organisation.id)
    settings.can_request_user = True
    async with make.change(organisation.id):
        await settings.save()
    return organisation

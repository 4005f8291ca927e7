"""What stories of powers of attorney send."""

FACTS = """
fragment Facts on PowerOfAttorney {
  id version name status side from until pNumber seNumber granteePerson endedAt
  endedBy { kind name user { name } }
  grantor { cvrNumber name } grantee { cvrNumber name }
  rights { nodes { title } }
}
"""


def changing(operation: str, reads: str = "powerOfAttorney { ...Facts }") -> str:
    """The document of a change to a power of attorney."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            {reads}
            errors {{ code message path ... on Conflict {{ currentVersion }} }}
          }}
        }}
        {FACTS if "...Facts" in reads else ""}
    """


GRANT = changing("grantPowerOfAttorney")
GRANT_PERSONALLY = changing("grantPersonalPowerOfAttorney")
ASKED = (
    "request { id status canDecide askedBy { name user { name } } } powerOfAttorney { ...Facts }"
)
REQUEST = changing("requestPowerOfAttorney", ASKED)
DECIDE = changing("decidePowerOfAttorneyRequest", ASKED)
REVOKE = changing("revokePowerOfAttorney")
USERS = "powerOfAttorney { version users { nodes { name } totalCount } }"
ADD = changing("addPowerOfAttorneyUsers", USERS)
REMOVE = changing("removePowerOfAttorneyUsers", USERS)
GROUP = """
delegationGroup {
  id version name powersOfAttorney { nodes { name } } users { nodes { name } }
}
"""
CREATE_GROUP = changing("createDelegationGroup", GROUP)
UPDATE_GROUP = changing("updateDelegationGroup", GROUP)
DELETE_GROUP = changing("deleteDelegationGroup", "delegationGroup { id name }")
ADD_TO_GROUP = changing("addDelegationGroupUsers", GROUP)
REMOVE_FROM_GROUP = changing("removeDelegationGroupUsers", GROUP)
GROUPS = (
    "{ delegationGroups { nodes { name powersOfAttorney { nodes { name } } users"
    " { nodes { name } } } } }"
)
POWER = "query ($id: ID!) { powerOfAttorney(id: $id) { ...Facts } }" + FACTS
POWERS = (
    """
query ($filter: PowerOfAttorneyFilter) {
  powersOfAttorney(filter: $filter) { totalCount nodes { ...Facts } }
}
"""
    + FACTS
)
HISTORY = """
query ($id: ID!) {
  powerOfAttorney(id: $id) {
    history { nodes {
      operation outcome summary reason actor { kind name user { name } }
      changes { field old new }
    } }
  }
}
"""

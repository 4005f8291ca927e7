"""What people of three organisations ask to read, and how they ask for a change."""

FRAGMENTS = """
fragment entry on HistoryEntry {
  id summary reason actor { name user { id name } } about { id } actingUnder { id name }
  changes { field old new }
}
fragment power on PowerOfAttorney {
  id name status side granteePerson grantor { name } grantee { name } endedBy { name user { id } }
  rights { nodes { id } } users { nodes { id name } } request { id }
}
fragment user on User {
  id name email uuid organisation { id name } roles { assignedBy { name user { id } } }
  memberships(first: 9) { nodes { id name group { id name } user { id } } }
  rightAssignments(first: 9) { nodes { id assignedBy { name } } }
  certificates(first: 9) { nodes { id } } requests(first: 9) { nodes { id } }
}
fragment group on Group {
  id name members(first: 30) { nodes { id name user { id name } organisation { name } } }
}
fragment certificate on Certificate {
  id mail: email contactName orderedBy { name user { id } } revokedBy { name } user { id name }
  profile { id name }
}
fragment profile on CertificateProfile { id name certificates(first: 9) { nodes { id } } }
fragment request on Request {
  id reason askedBy { name user { id } } decidedBy { name } user { id name }
  powerOfAttorney { id name }
}
fragment assignment on RightAssignment {
  id assignedBy { name user { id } } user { id name } group { id name }
}
fragment bundle on DelegationGroup {
  id name powersOfAttorney { nodes { id name } } users { nodes { id name } }
}
"""
KINDS = {
    "User": "user",
    "Group": "group",
    "Certificate": "certificate",
    "CertificateProfile": "profile",
    "Request": "request",
    "RightAssignment": "assignment",
    "PowerOfAttorney": "power",
    "DelegationGroup": "bundle",
    "HistoryEntry": "entry",
}
ALL_KINDS = " ".join(f"... on {kind} {{ ...{one} }}" for kind, one in KINDS.items())


def needed(text: str) -> str:
    """The fragments that a document names."""
    found = [f"fragment {one}" for one in FRAGMENTS.split("fragment ")[1:]]
    return text + "".join(one for one in found if f"...{one.split()[1]} " in text + " ")


LISTS = {
    "users": ("user:list", "{ users(first: 100) { nodes { ...user } } }"),
    "groups": ("group:list", "{ groups(first: 100) { nodes { ...group } } }"),
    "certificates": ("certificate:list", "{ certificates(last: 50) { nodes { ...certificate } } }"),
    "certificateProfiles": (
        "certificate_profile:list",
        "{ certificateProfiles(first: 100) { nodes { ...profile } } }",
    ),
    "requests": ("request:list", "{ requests(first: 50) { nodes { ...request } } }"),
    "history": ("history:list", "{ history(first: 30) { nodes { ...entry } } }"),
    "rights": (
        "right:list",
        "{ rights(first: 20) { nodes { id holders(first: 20) { nodes { id name } } } } }",
    ),
    "powersOfAttorney": (
        "power_of_attorney:list",
        "{ powersOfAttorney(last: 30) { nodes { ...power } } }",
    ),
    "delegationGroups": ("delegation_group:list", "{ delegationGroups { nodes { ...bundle } } }"),
    "changes": ("change:list", "{ changes(last: 20) { nodes { id } } }"),
    "viewer": (
        "viewer:read",
        "{ viewer { user { id } organisation { id name } actingFor { ...power }"
        " externalMemberships { nodes { id name group { id name } } } } }",
    ),
}
ONES = {
    "user": ("user:read", "query ($id: ID!) { user(by: {id: $id}) { ...user", "user"),
    "group": ("group:read", "query ($id: ID!) { group(id: $id) { ...group", "group"),
    "certificate": (
        "certificate:read",
        "query ($id: ID!) { certificate(id: $id) { ...certificate",
        "certificate",
    ),
    "certificateProfile": (
        "certificate_profile:read",
        "query ($id: ID!) { certificateProfile(id: $id) { ...profile",
        "profile",
    ),
    "request": ("request:read", "query ($id: ID!) { request(id: $id) { ...request", "request"),
}
HISTORIES = {
    "user": "query ($id: ID!) { user(by: {id: $id}) { history(first: 20) { nodes { ...entry } }"
    " powersOfAttorney { nodes { ...power } } effectiveRights { sources { group { id name }"
    " assignment { id } powerOfAttorney { id name } delegationGroup { id name } } } } }",
    "group": "query ($id: ID!) { group(id: $id) { history(first: 20) { nodes { ...entry } } } }",
    "power": "query ($id: ID!) { powerOfAttorney(id: $id)"
    " { ...power history(first: 20) { nodes { ...entry } } } }",
}
ENTITIES = {
    "user": "user:read",
    "group": "group:read",
    "certificate": "certificate:read",
    "profile": "certificate_profile:read",
    "request": "request:read",
    "assignment": "right_assignment:read",
}


def changing(operation: str, reads: str = "") -> str:
    """The document of a change."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{ {reads} errors {{ code message }} }}
        }}
    """

"""The pages of the settings as tests ask for them and change them."""

from tests.making import P_NUMBERS

ORGANISATION = ["ORGANISATION_ADMINISTRATOR"]
READS = {
    "users": "canRequestUser canRequestRights canBeAnonymous allowedInformation retentionDays",
    "authenticators": "allowedKinds allowedDevices",
    "certificates": "allowedKinds canSeal",
    "defaults": """
        userProductionUnit { pNumber } userVatUnit { seNumber }
        certificateProductionUnit { pNumber } certificateVatUnit { seNumber }
    """,
}
OPERATIONS = {
    "users": "updateUserSettings",
    "authenticators": "updateAuthenticatorSettings",
    "certificates": "updateCertificateSettings",
    "defaults": "updateDefaultSettings",
}
FIRST_P, SECOND_P, UNREGISTERED_P = P_NUMBERS
PERMISSIONS = {page: f"settings:update_{page}" for page in READS}
# One change of each page.
CHANGES = {
    "users": {"retentionDays": 30},
    "authenticators": {"allowedDevices": ["APP", "CHIP"]},
    "certificates": {"canSeal": True},
    "defaults": {"userPNumber": FIRST_P},
}


def asked(also: str = "") -> str:
    pages = " ".join(f"{page} {{ {reads} {also} }}" for page, reads in READS.items())
    return f"{{ settings {{ {pages} }} }}"


def changing(page: str) -> str:
    operation = OPERATIONS[page]
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            settings {{ id version changedAt changedBy {{ name }} {READS[page]} }}
            errors {{ code path ... on Denied {{ permission allowedFor }} }}
          }}
        }}
    """

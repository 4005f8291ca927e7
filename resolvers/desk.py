"""What the demo's pages ask: who there is, who is signed in, and what was written to whom."""

from dataclasses import dataclass
from typing import Any

from gateways import BrokenSeal, Claims, today
from graphiql import Person, ShownLetter
from models import Letter, Organisation, User
from models.numbers import check_cpr_number, check_date
from models.refusals import Refusal
from models.user_files import HEADINGS
from resolvers import demo
from resolvers.identities import Door

ADMINISTRATOR_TAB = """\
# What you may do here,
# and the first users of the organisation.
query Overview {
  viewer {
    user { name email }
    organisation { name cvrNumber }
    roles
    mayCreateGroups: can(permission: "group:create")
    mayChangeBilling: can(permission: "billing:update")
  }
  users(first: 10, orderBy: { field: SURNAME }) {
    totalCount
    nodes {
      id name email status
      productionUnit { pNumber name }
    }
  }
}
"""
CREATE_TAB = """\
# Creates a user and sends the activation letter,
# which stands under Letters.
# With dryRun: true it only shows what would be.
mutation CreateUser {
  createUser(
    input: {
      firstName: "Anna"
      surname: "Hansen"
      email: "anna@example.dk"
      person: { cprNumber: "6101901234" }
    }
    dryRun: false
  ) {
    user {
      id name status cprNumber
      activation { kind expiresAt letter { status } }
    }
    errors { code message path }
  }
}
"""
FILE_TAB = f"""\
# Checks a file of users; with dryRun: true it is kept for a day to be looked at, and never run.
# What is found stands in userImport(id): its plan, and what is wrong with each bad row.
mutation UploadFile {{
  uploadUserFile(
    input: {{
      file: {{ text: \"\"\"
        {";".join(HEADINGS)}
        C;;Anna;Hansen;6101901234;;anna@example.dk;20304050;N;;3;;;;
        C;;Bo;;;;bo@example.dk;20 30 40 50;N;;3;;;;
      \"\"\" }}
    }}
    dryRun: true
  ) {{
    userImport {{ id status counts {{ rows }} }}
    errors {{ code message path }}
  }}
}}
"""
EMPLOYEE_TAB = """\
# Who you are, what you sign in with, and what you may do.
query Me {
  viewer {
    user {
      name email status
      productionUnit { name }
      authenticators { nodes { id kind device status } }
    }
    organisation { name }
    roles
    ownPermissions
  }
}
"""


@dataclass
class DemoDesk:
    """Lets anybody be anybody, which is why the demo is served on this machine only."""

    door: Door

    async def people(self) -> list[Person]:
        """The people with a word, and those who were activated since."""
        users = (
            await User.filter(status="ACTIVE")
            .order_by("id")
            .prefetch_related("organisation", "role_assignments")
        )
        words = {f"{word}@example.dk": word for word, *_ in demo.PEOPLE}
        named = [one for one in users if one.email in words]
        newest = [one for one in users if not one.email.startswith(("bruger", *words))][-5:]
        return [
            Person(
                words.get(user.email, user.email),
                user.name,
                user.organisation.name,
                tuple(sorted(one.role.value for one in user.role_assignments)),
            )
            for user in [*named, *newest]
        ]

    async def token_of_user(self, word: str) -> str | None:
        user = await demo.user_named(word)
        if user is None:
            return None
        return self.token(Claims(user_id=user.id))

    async def token_of(self, word: str | None) -> str:
        """A token for a word or an e-mail address, or a ValueError with words for people."""
        words = ", ".join(one for one, *_ in demo.PEOPLE)
        if not word:
            raise ValueError(f"Say for whom: {words}, or the e-mail address of a user.")
        found = await self.token_of_user(word)
        if found is None:
            raise ValueError(f"No active user is known as {word}. The demo has: {words}.")
        return found

    def token(self, claims: Claims) -> str:
        gateways = self.door.gateways
        return gateways.identity.token(claims, gateways.clock.now())

    def token_of_person(
        self, *, cpr_number: str | None, name: str | None, date_of_birth: str | None
    ) -> str:
        day = today(self.door.gateways.clock.now())
        try:
            if cpr_number:
                number = check_cpr_number(
                    cpr_number,
                    today=day,
                    replacements=self.door.rules.admits_replacement_numbers,
                )
                return self.token(Claims(cpr_number=number))
            if name and date_of_birth:
                born = check_date(date_of_birth)
                return self.token(Claims(name=name.strip(), date_of_birth=born))
        except Refusal as refusal:
            field = "CPR number" if cpr_number else "Date of birth"
            raise ValueError(refusal.message("en", field=field)) from None
        raise ValueError("Give a CPR number, or a name and a date of birth.")

    async def letters(self) -> list[ShownLetter]:
        """The latest hundred letters."""
        vault, shown = self.door.gateways.vault, []
        for one in await Letter.all().order_by("-id").limit(100):
            try:
                body = vault.unseal(one.body_sealed) if one.body_sealed else ""
            except BrokenSeal:
                body = ""
            shown.append(ShownLetter(one.to, one.subject, body, one.status.value, one.sent_at))
        return shown

    async def whoami(self, token: str) -> dict[str, Any] | None:
        context = await self.door.context(token)
        if context is None:
            return None
        if context.subject.user_id is None:
            return {"name": context.name or "Private person", "kind": "person", "roles": []}
        organisation = await Organisation.get(id=context.organisation_id)
        roles = sorted(role.upper() for role in context.subject.roles)
        return {
            "id": str(context.subject.user_id),
            "name": context.name,
            "organisation": organisation.name,
            "roles": roles,
            "kind": "user",
            "tabs": tabs(roles),
        }


def tabs(roles: list[str]) -> list[dict[str, str]]:
    """The first tabs for somebody with these roles."""
    if not roles:
        return [{"title": "Me", "query": EMPLOYEE_TAB}]
    found = [{"title": "Overview", "query": ADMINISTRATOR_TAB}]
    if "USER_ADMINISTRATOR" in roles:
        found.append({"title": "Create a user", "query": CREATE_TAB})
        found.append({"title": "Upload a file", "query": FILE_TAB})
    return found

"""How tests ask: over HTTP, as a person."""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from gateways import Claims, Gateways
from models import User


class Answer(dict[str, Any]):
    """What one field answered."""

    @property
    def problem(self) -> str:
        """The code of the only problem."""
        (error,) = self["errors"]
        return str(error["code"])

    @property
    def problems(self) -> list[str]:
        return [error["code"] for error in self["errors"]]


class Asker:
    """Sends documents on behalf of people."""

    def __init__(self, client: AsyncClient, gateways: Gateways):
        self.client, self.gateways = client, gateways

    def token(self, who: User | Claims) -> str:
        claims = Claims(user_id=who.id) if isinstance(who, User) else who
        return self.gateways.identity.token(claims, self.gateways.clock.now())

    async def post(
        self,
        who: User | Claims | None,
        document: str,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> Response:
        sent = {"authorization": f"Bearer {self.token(who)}"} if who else {}
        given = {name: as_json(one) for name, one in variables.items()}
        body = {"query": document, "variables": given}
        return await self.client.post("/graphql", json=body, headers=sent | (headers or {}))

    async def send(
        self,
        who: User | Claims | None,
        document: str,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> dict[str, Any]:
        response = await self.post(who, document, headers, **variables)
        return dict(response.json())

    async def ask(
        self,
        who: User | Claims | None,
        document: str,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> Any:
        answer = await self.send(who, document, headers, **variables)
        assert "errors" not in answer, answer["errors"]
        (field,) = answer["data"].values()
        return Answer(field) if isinstance(field, dict) else field


def as_json(value: Any) -> Any:
    match value:
        case dict():
            return {name: as_json(one) for name, one in value.items()}
        case list():
            return [as_json(one) for one in value]
        case UUID() | date():
            return str(value)
        case _:
            return value

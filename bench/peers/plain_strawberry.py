"""The same answers by Strawberry, Tortoise and DataLoaders, as their manuals show them."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import casbin
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from tortoise import Tortoise
from tortoise.transactions import in_transaction

import policies
from bench.peers import plain_models as models
from gateways import SignedTokens
from policies import Subject

LAW = Path(policies.__file__).parent
identity = SignedTokens(bytes.fromhex(os.environ["SEGL_KEY"]))
enforcer = casbin.Enforcer(str(LAW / "model.conf"), str(LAW / "policy.csv"))
enforcer.add_function("holds", Subject.holds)


@strawberry.enum(name="AssuranceLevel")
class Level(Enum):
    """An assurance level."""

    SUBSTANTIAL = 3
    HIGH = 4


@dataclass
class Context:
    """Who asks, and the loaders of one request."""

    user: models.User
    subject: Subject
    memberships: DataLoader[UUID, list[models.GroupMember]]
    certificates: DataLoader[UUID, list[models.Certificate]]

    def must(self, thing: str, action: str) -> UUID:
        """Asks Casbin; answers with the organisation that the request speaks for."""
        here = self.subject.organisation_id
        if here is None or not enforcer.enforce(self.subject, here, thing, action):
            raise PermissionError(f"{thing}:{action}")
        return here


Info = strawberry.Info[Context, None]


@strawberry.type
class Group:
    """A group."""

    id: UUID
    name: str


@strawberry.type
class GroupMember:
    """A membership."""

    group: Group


@strawberry.type
class GroupMemberConnection:
    """A page of memberships."""

    nodes: list[GroupMember]


@strawberry.type
class Certificate:
    """A certificate."""

    id: UUID
    kind: str
    expires_at: datetime | None

    @strawberry.field
    def status(root: models.Certificate) -> str:
        is_over = root.expires_at and root.expires_at <= datetime.now(UTC)
        return "EXPIRED" if root.status == "ISSUED" and is_over else root.status


@strawberry.type
class CertificateConnection:
    """A page of certificates."""

    nodes: list[Certificate]


@strawberry.type
class User:
    """A user."""

    id: UUID
    uuid: UUID
    status: str
    name: str
    email: str
    phone_number: str | None
    reference_text: str | None
    can_sign: bool
    created_at: datetime

    @strawberry.field
    def assurance_level(root: models.User) -> Level | None:
        return Level(root.assurance_level) if root.assurance_level else None

    @strawberry.field
    async def memberships(root: models.User, info: Info, first: int = 25) -> GroupMemberConnection:
        found: Any = await info.context.memberships.load(root.id)
        return GroupMemberConnection(nodes=found[:first])

    @strawberry.field
    async def certificates(root: models.User, info: Info, first: int = 25) -> CertificateConnection:
        found: Any = await info.context.certificates.load(root.id)
        return CertificateConnection(nodes=found[:first])


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class UserConnection:
    """A page of users."""

    nodes: list[User]
    page_info: PageInfo


@strawberry.input(one_of=True)
class UserRef:
    """Which user."""

    id: strawberry.ID | None = strawberry.UNSET
    email: str | None = strawberry.UNSET


@strawberry.type
class Query:
    """The ways in for reading."""

    @strawberry.field
    async def user(self, info: Info, by: UserRef) -> User | None:
        here = info.context.must("user", "read")
        key = {"id": by.id} if by.id else {"email": by.email}
        found = models.User.filter(organisation_id=here, **key).exclude(status="DELETED")
        return await found.first()  # type: ignore[return-value]

    @strawberry.field
    async def users(self, info: Info, first: int = 25, after: str | None = None) -> UserConnection:
        here = info.context.must("user", "list")
        found = models.User.filter(organisation_id=here).exclude(status="DELETED")
        if after:
            mark = orjson.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))[0]
            found = found.filter(id__gt=mark)
        rows: Any = await found.order_by("id").limit(first + 1)
        page = rows[:first]
        end = cursor(page[-1]) if page else None
        return UserConnection(
            nodes=page, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
        )


def cursor(user: models.User) -> str:
    return urlsafe_b64encode(orjson.dumps([str(user.id)])).decode().rstrip("=")


@strawberry.type
class Problem:
    """Why a change was refused."""

    code: str
    message: str


@strawberry.input
class UpdateUserInput:
    """What to change."""

    user_id: strawberry.ID
    phone_number: str | None = strawberry.UNSET


@strawberry.type
class UpdateUserPayload:
    """The changed user, or why it is unchanged."""

    user: User | None
    errors: list[Problem]


@strawberry.type
class Mutation:
    """The ways in for changing."""

    @strawberry.mutation
    async def update_user(self, info: Info, input: UpdateUserInput) -> UpdateUserPayload:
        here = info.context.must("user", "update")
        now, me = datetime.now(UTC), info.context.user
        async with in_transaction():
            users = models.User.filter(organisation_id=here).select_for_update()
            user = await users.get_or_none(id=input.user_id)
            if user is None or user.status == "DELETED":
                return UpdateUserPayload(
                    user=None, errors=[Problem(code="NOT_FOUND", message="No such user.")]
                )
            former, user.phone_number = user.phone_number, input.phone_number or None
            user.version, user.updated_at = user.version + 1, now
            await user.save(update_fields=["phone_number", "version", "updated_at"])
            heads = models.HistoryHead.select_for_update()
            head = await heads.get(organisation_id=here)
            head.sequence += 1
            await head.save(update_fields=["sequence"])
            actor = await models.Actor.get(user_id=me.id)
            await models.HistoryEntry.create(
                organisation_id=here,
                sequence=head.sequence,
                occurred_at=now,
                outcome="DONE",
                activity="user:update",
                operation="updateUser",
                summary=f"Update user: {user.name}",
                actor_id=actor.id,
                actor_user_id=me.id,
                changes=[{"field": "phoneNumber", "old": former, "new": user.phone_number}],
                about_kind="USER",
                about_id=user.id,
            )
        return UpdateUserPayload(user=user, errors=[])  # type: ignore[arg-type]


class View(GraphQL[Context, None]):
    """Strawberry's own way in."""

    async def get_context(self, request: Any, response: Any) -> Context:
        """Checks the token, and looks up who it speaks of."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        claims = identity.claims(token, datetime.now(UTC))
        user = await models.User.get(id=claims.user_id, status="ACTIVE") if claims else None
        if user is None:
            raise PermissionError("token")
        today = date.today()
        held = await models.RoleAssignment.filter(user_id=user.id)
        roles = [
            one.role.lower()
            for one in held
            if (one.from_on or today) <= today <= (one.until_on or today)
        ]

        async def memberships(keys: list[UUID]) -> list[Any]:
            context.must("group", "read")
            found = models.GroupMember.filter(organisation_id=user.organisation_id)
            rows = await found.filter(user_id__in=keys).order_by("id").select_related("group")
            return grouped(keys, rows)

        async def certificates(keys: list[UUID]) -> list[Any]:
            context.must("certificate", "read")
            found = models.Certificate.filter(organisation_id=user.organisation_id)
            return grouped(keys, await found.filter(user_id__in=keys).order_by("id"))

        subject = Subject.user(user.id, user.organisation_id, roles)
        context = Context(user, subject, DataLoader(memberships), DataLoader(certificates))
        return context


def grouped(keys: list[UUID], rows: Any) -> list[Any]:
    found = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row)
    return [found[key] for key in keys]


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keeps the database open."""
    separator = "&" if "?" in os.environ["SEGL_DATABASE_URL"] else "?"
    url = f"{os.environ['SEGL_DATABASE_URL']}{separator}minsize=1&maxsize=16"
    modules: Any = {"models": ["bench.peers.plain_models"]}
    await Tortoise.init(db_url=url, modules=modules, use_tz=True, _enable_global_fallback=True)
    yield
    await Tortoise.close_connections()


def served(*extensions: Any) -> Starlette:
    schema = strawberry.Schema(Query, Mutation, extensions=list(extensions))
    return Starlette(routes=[Route("/graphql", View(schema))], lifespan=lifespan)


app = served()
cached = served(lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100))

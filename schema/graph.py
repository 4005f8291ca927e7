"""Strawberry's schema with the rules of the house."""

import logging
from collections.abc import Iterator
from functools import cached_property
from traceback import format_tb
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.attempts import Attempt
from schema.mutations import Mutation
from schema.problems import PROBLEMS
from schema.queries import Query
from schema.scalars import scalar_map
from schema.subscriptions import Subscription
from schema.telling import Told
from schema.types import billing, settings

log = logging.getLogger("segl.graph")


def log_fault(fault: BaseException, path: object = None) -> None:
    """Logs where something went wrong, but not in its own words: these may quote values."""
    frames = "".join(format_tb(fault.__traceback__))
    log.error("%s at %s\n%s", type(fault).__qualname__, path, frames)


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Executes a root field of a mutation, its answer included, in one transaction."""

    def execute_field(
        self,
        parent_type: Any,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        run = super().execute_field
        given = (parent_type, source, field_details_list, path, position_context)
        context = self.context_value
        is_change = parent_type is self.schema.mutation_type and context is not None
        if is_change and not (context.attempt and context.attempt.outcome):
            return self.attempt(lambda: run(*given), field_details_list[0].node, path)
        attempt = context and context.attempt
        if attempt and path.prev and path.prev.prev is None:
            name = field_details_list[0].node.name.value
            if name in attempt.once:
                attempt.shown_once.add(path.key)
        return run(*given)

    async def attempt(self, run: Any, node: FieldNode, path: Any) -> Any:
        context = self.context_value
        declared = field_of(self.schema.mutation_type, node.name.value)
        attempt = Attempt(context, node.name.value, declared.allow, path.key)
        attempt.once = declared.shown_once
        context.attempt, former = attempt, len(self.collected_errors.errors)

        async def answer_of() -> Any:
            found = run()
            return await found if self.is_awaitable(found) else found

        return await attempt.through(answer_of, lambda: self.has_fault(former))

    def has_fault(self, former: int) -> bool:
        """Whether something went wrong since that no refusal explains: then nothing was done."""
        errors = self.collected_errors.errors[former:]
        return any(not isinstance(one.original_error, Told) for one in errors)


def field_of(kind: Any, name: str) -> Any:
    return kind.fields[name].extensions["strawberry-definition"]


class OneOperation(SchemaExtension):
    """Refuses several operations of which none is named; Strawberry would take the first."""

    def on_validate(self) -> Iterator[None]:
        asked = self.execution_context
        assert asked.graphql_document
        parts = asked.graphql_document.definitions
        count = sum(isinstance(one, OperationDefinitionNode) for one in parts)
        if count > 1 and asked._provided_operation_name is None:
            several = GraphQLError("The document has several operations: name one of them.")
            asked.pre_execution_errors = [*(asked.pre_execution_errors or ()), several]
        yield


class Graph(strawberry.Schema):
    """The contract, with the permission that each field asks for."""

    def __init__(self) -> None:
        super().__init__(
            Query,
            Mutation,
            Subscription,
            types=[
                *PROBLEMS,
                settings.SettingsPage,
                billing.NemHandelMethod,
                billing.DigitalPostMethod,
                billing.EmailMethod,
            ],
            config=StrawberryConfig(scalar_map=scalar_map()),
            extensions=[
                lambda: ParserCache(maxsize=500),
                lambda: ValidationCache(maxsize=500),
                OneOperation,
            ],
            execution_context_class=Executor,
        )

    @cached_property
    def permissions(self) -> dict[str, str | None]:
        """Each field that leads somewhere, and the permission it asks for."""
        found = {}
        for kind in self._schema.type_map.values():
            for name, one in getattr(kind, "fields", {}).items():
                declared = one.extensions.get("strawberry-definition")
                metadata = getattr(declared, "metadata", {})
                if metadata.get("allow") or kind in self.roots:
                    found[f"{kind.name}.{name}"] = metadata.get("allow")
        return found

    @property
    def roots(self) -> tuple[Any, ...]:
        return (*self.reads, self._schema.mutation_type)

    @property
    def reads(self) -> tuple[Any, ...]:
        """The ways in for reading, and for being told."""
        return (self._schema.query_type, self._schema.subscription_type)

    def must_be_guarded(self, permissions: tuple[str, ...]) -> None:
        """Refuses to open with a field that asks nothing, or asks for what no role holds."""
        stray = [name for name, asked in self.permissions.items() if asked not in permissions]
        if stray:
            raise LookupError(f"No role may enter {', '.join(sorted(stray))}: see policy.csv.")

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Only true faults are logged."""
        for error in errors:
            fault = error.original_error
            is_mistake = error.path is None and isinstance(fault, GraphQLError)
            if fault is not None and not is_mistake and not isinstance(fault, Told):
                log_fault(fault, error.path)


graph = Graph()

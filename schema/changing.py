"""Changes by the planner: the guard makes the change, and the plan reads what it answers.

A change is made once, whatever happens. Whether its answer can be planned is known before; where
that turns out otherwise afterwards (it was refused, or a thing is gone), the executor reads the
answer of what has been done already.
"""

from typing import Any

from tortoise.connection import get_connection

from models.base import Entity
from planner.plan import Plan
from planner.reader import Answered, Operation, Reader, told
from planner.runs import Run
from resolvers.context import Context
from schema.attempts import Attempt, Outcome
from schema.graph import Graph, field_of, log_fault
from schema.seeing import asking_for
from schema.telling import Told


class Changing:
    """One change whose answer is planned."""

    def __init__(
        self,
        reader: Reader,
        graph: Graph,
        operation: Operation,
        variables: Any,
        context: Context,
    ):
        self.reader, self.graph, self.operation, self.context = reader, graph, operation, context
        self.variables, self.asker = variables, context.subject
        self.plan = self.planned_for_the_asker()
        self.field = field_of(graph._schema.mutation_type, self.payload.name)
        self.given = self.payload.given(variables)
        self.answered: Answered | None = None
        self.left: Any = None  # the executor's result, where it read the answer
        self.fault: Exception | None = None

    def planned_for_the_asker(self) -> Plan:
        """The plan for whoever asks now."""
        plan = self.reader.plan(self.operation, self.variables, asking_for(self.context))
        assert plan.payload
        self.payload = plan.payload
        return plan

    async def make(self, query: str, given: dict[str, Any] | None, name: str | None) -> Any:
        """Makes the change; tells the answer under its key, or None where it met a fault."""
        context, payload = self.context, self.payload
        attempt = Attempt(context, payload.name, self.field.allow, payload.key)
        context.attempt = attempt

        async def answer_of() -> Any:
            attempt.outcome = await self.field.outcome(context, **self.given)
            if attempt.outcome.is_repeat:
                return None
            found = await self.planned(attempt.outcome)
            if found is None:
                self.left = await self.graph.execute(
                    query, variable_values=given, context_value=context, operation_name=name
                )
                found = (self.left.data or {}).get(payload.key)
            return found

        try:
            return await attempt.through(answer_of, lambda: self.is_faulty)
        except Exception as fault:  # the transaction is rolled back: nothing was done
            log_fault(fault, [payload.key])
            self.fault = fault
            return None

    @property
    def is_faulty(self) -> bool:
        """Whether something went wrong that no refusal explains."""
        errors = self.left.errors or () if self.left else ()
        return any(not isinstance(one.original_error, Told) for one in errors)

    async def planned(self, outcome: Outcome) -> dict[str, Any] | None:
        """The answer by the plan; none where it was refused, or where a thing is gone."""
        if outcome.refusals:
            return None
        if self.context.subject is not self.asker:
            # Whoever goes on as somebody else, or elsewhere, has other roles than before.
            self.plan = self.planned_for_the_asker()
        run = Run(self.reader.contract, self.plan, asking_for(self.context), self.variables)
        connection = get_connection("default")._connection
        try:
            await run.look()
            found = await run.read_payload(connection, self.answers(outcome))
        except (KeyError, Told):
            return None
        self.answered = told(self.plan, {self.payload.key: found})
        return found

    def answers(self, outcome: Outcome) -> dict[str, Any]:
        """What the change answers with, by the payload's members."""
        whole = outcome.result
        members = {self.field.parts[0].name: whole} if isinstance(whole, Entity) else vars(whole)
        names = {one.name: one.graphql_name for one in self.field.parts}
        return {names[name]: one for name, one in members.items() if name in names}

"""Remembers what was validated and compiled; answers what is planned, counts what is not."""

import logging
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from traceback import format_tb
from typing import Any, Generic, TypeVar

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
)

from planner.compiler import Compiler, Contract
from planner.declarations import Asking, Extent
from planner.inputs import Inputs, Variables
from planner.plan import Plan
from planner.runs import Run
from planner.selection import Selection, Unplanned, Weight, switches, weigh
from planner.shapes import Refusal, refusals

log = logging.getLogger("segl.planner")
LONGEST_TEXT = 20_000  # a longer document is compiled each time, not remembered

Kept = TypeVar("Kept")


class TooMuch(Exception):
    """An operation that asks for more than is allowed: in which measure, and how much."""

    def __init__(self, measure: str, weight: Weight, most: Weight):
        super().__init__(measure)
        self.measure, self.weight, self.most = measure, weight, most


class Remembered(OrderedDict[Any, Kept], Generic[Kept]):
    """The things last used, and no more of them than there is room for."""

    def __init__(self, room: int):
        super().__init__()
        self.room = room

    def find(self, key: Any) -> Kept | None:
        if key in self:
            self.move_to_end(key)
            return self[key]
        return None

    def keep(self, key: Any, value: Kept) -> Kept:
        self[key] = value
        if len(self) > self.room:
            self.popitem(last=False)
        return value


@dataclass
class Answered:
    """The data of an answer, and the places where something was refused."""

    data: dict[str, Any]
    refused: list[tuple[list[Any], Refusal]]


@dataclass
class Operation:
    """A validated operation, and its plans by switches and by the policy's answers."""

    document: DocumentNode
    node: OperationDefinitionNode
    switches: tuple[str, ...]
    weight: Weight
    inputs: Inputs
    permissions: Remembered[tuple[str, ...]] = field(default_factory=lambda: Remembered(32))
    plans: Remembered[Plan] = field(default_factory=lambda: Remembered(64))


class Reader:
    """Answers queries from the database as the executor would, but faster."""

    def __init__(self, schema: GraphQLSchema, contract: Contract, most: Weight, room: int = 500):
        self.schema, self.contract, self.most = schema, contract, most
        self.operations: Remembered[Operation | str] = Remembered(room)
        self.left: Counter[str] = Counter()  # what was left to the executor, and why
        self.faults: Counter[str] = Counter()  # what went wrong on the way, and was left as well

    async def answer(
        self, operation: Operation, given: dict[str, Any], asking: Asking, lending: Any
    ) -> Answered:
        """The data, and what was refused in it; Unplanned for what the executor shall answer."""
        try:
            variables = self.variables(operation, given)
            plan = self.plan(operation, variables, asking)
            run = Run(self.contract, plan, asking, variables)
            await run.look()
            connection = await lending.acquire()
            try:
                return told(plan, await run.read(connection))
            finally:
                await lending.release(connection)
        except Unplanned:
            raise
        except self.contract.refusals as refusal:  # the executor finds the place for its error
            raise Unplanned("refused") from refusal
        except Exception as fault:  # the executor meets it again and says it properly
            self.faults[type(fault).__name__] += 1
            # Where, but not in the fault's own words: these may quote values.
            frames = "".join(format_tb(fault.__traceback__))
            log.debug("left to the executor: %s\n%s", type(fault).__name__, frames)
            raise Unplanned(type(fault).__name__) from fault

    def variables(self, operation: Operation, given: dict[str, Any]) -> Variables:
        """The values of the variables; a switch that is null is for the executor to refuse."""
        variables = operation.inputs.read(given)
        if variables is None:
            raise Unplanned("variables")
        if None in map(variables.coerced.get, operation.switches):
            raise Unplanned("variables")
        return variables

    def known(self, text: str, name: str | None) -> Operation | None:
        """The operation; none for what cannot be planned, TooMuch where it asks for that."""
        try:
            return self.operation(text, name)
        except Unplanned:
            return None

    def metrics(self) -> Iterator[str]:
        """How many operations were left to the executor, by reason, as Prometheus reads it."""
        for name, counted in (("left", self.left), ("fault", self.faults)):
            yield f"# TYPE segl_planner_{name}_total counter"
            for reason, count in sorted(counted.items()):
                yield f'segl_planner_{name}_total{{reason="{reason}"}} {count}'

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation as it was learnt; or that it was found to be nothing for a planner."""
        known = self.operations.find((text, name))
        if known is None:
            try:
                known = self.learn(text, name)
            except Unplanned as reason:
                known = str(reason)
            if len(text) + len(name or "") <= LONGEST_TEXT:
                self.operations.keep((text, name), known)
        if isinstance(known, str):
            raise Unplanned(known)
        return known

    def learn(self, text: str, name: str | None) -> Operation:
        size = Weight(characters=len(text))
        if measure := size.exceeds(self.most):  # to parse it would take too long already
            raise TooMuch(measure, size, self.most)
        try:
            document = parse(text)
        except GraphQLError as fault:
            raise Unplanned("syntax") from fault
        node = get_operation_ast(document, name)
        if node is None:
            raise Unplanned("operation")
        weight = weigh(document, node)  # before validation, which a large document can keep busy
        if measure := weight.exceeds(self.most):
            raise TooMuch(measure, weight, self.most)
        if self.contract.mistakes(document):
            raise Unplanned("validation")
        inputs = Inputs(self.schema, node)
        return Operation(document, node, switches(document), weight, inputs)

    def plan(self, operation: Operation, variables: Any, asking: Asking) -> Plan:
        """The plan for these switches and these answers of the policy, which say what is seen."""
        switched = tuple(map(variables.coerced.get, operation.switches))
        permissions = operation.permissions.find(switched)
        if permissions is None:
            everything = self.compiler(operation, variables, lambda _: Extent.ALL)
            everything.compile(operation.node)
            permissions = operation.permissions.keep(switched, tuple(everything.asked))
        answers = tuple(map(asking.extent, permissions))
        plan = operation.plans.find((switched, answers))
        if plan is None:
            known = dict(zip(permissions, answers, strict=True))
            compiler = self.compiler(operation, variables, known.__getitem__)
            plan = operation.plans.keep((switched, answers), compiler.compile(operation.node))
        return plan

    def compiler(self, operation: Operation, variables: Any, answer: Any) -> Compiler:
        selection = Selection(self.schema, operation.document, variables.coerced)
        return Compiler(self.contract, selection, answer)


def told(plan: Plan, data: dict[str, Any]) -> Answered:
    """The data with null wherever something was refused, and what was, with its place."""
    if not plan.refusable:
        return Answered(data, [])
    refused = [one for path in plan.refusable for one in refusals(data, path)]
    for place, path, _ in refused:
        place[path[-1]] = None
    return Answered(data, [(list(path), refusal) for _, path, refusal in refused])

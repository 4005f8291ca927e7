"""Tells what a document would ask of the database: its statements, permissions and cost."""

from collections.abc import Iterator

from graphql import get_variable_values

from planner.compiler import Compiler
from planner.declarations import Extent, Page
from planner.levels import Level
from planner.pages import Order, Stretch
from planner.plan import Finder
from planner.reader import Reader, TooMuch
from planner.selection import Selection, Unplanned


def explain(reader: Reader, text: str, name: str | None = None) -> Iterator[str]:
    """The lines of an explanation, for somebody who may see everything."""
    try:
        operation = reader.operation(text, name)
    except TooMuch as much:
        yield f"refused: {much.measure} is more than {getattr(much.most, much.measure):,}"
        return
    except Unplanned as reason:
        yield f"left to the executor: {reason}"
        return
    yield f"cost {operation.weight.cost:,}, depth {operation.weight.depth}"
    defined = operation.node.variable_definitions or ()
    variables = get_variable_values(reader.schema, defined, {})
    coerced = {} if isinstance(variables, list) else variables.coerced
    selection = Selection(reader.schema, operation.document, coerced)
    compiler = Compiler(reader.contract, selection, lambda _: Extent.ALL)
    try:
        plan = compiler.compile(operation.node)
    except Unplanned as reason:
        yield f"left to the executor: {reason}"
        return
    yield f"asks for {', '.join(compiler.asked)}"
    for level in plan.levels:
        yield ""
        yield from told(level)


def told(level: Level | Finder) -> Iterator[str]:
    """What one level asks, and how its rows become objects."""
    if isinstance(level, Finder):
        yield f"-- whatever has the id, by the field {level.node.name.value}"
        yield level.statement.text
        return
    by = level.node.name.value if level.node else "id"
    yield f"-- {level.shown.name}, by the field {by}"
    if isinstance(level.declared, Page):
        order = level.declared.order
        page, count = level.page(Stretch(Order(order.columns, order.is_falling), 25), [])
        yield page.text
        if level.is_counted:
            yield count.text
    else:
        yield level.rows([], next(iter(getattr(level.declared, "by", {})), None)).text
    yield level.body.strip("\n")

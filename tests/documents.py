"""Every query that the tests ask, and every statement that a plan can send."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLError, get_operation_ast, parse

from planner.compiler import Compiler
from planner.conditions import ButFor, May, Within
from planner.declarations import ALL, OWN, Edge, One, Page
from planner.drafts import Statement
from planner.levels import Parts
from planner.pages import Order, Stretch
from planner.plan import Finder, Plan
from planner.reader import Reader, TooMuch
from planner.selection import Selection, Unplanned
from planner.tables import table
from schema.filters import Asked
from schema.rows import SHOWN

HERE = Path(__file__).parent
WHO_MAY_ALL = SimpleNamespace(extent=lambda _: ALL)
PARENTHESES = re.compile(r"\([^()]*\)")
JOIN = re.compile(r' left join ("\w+") (\w+) on (.*?)(?= left join | where )')
KIND = re.compile(
    r"select '\w+' as kind, id::text from (\"\w+\") t where (.*?)"
    r" and id = any\(string_to_array\(\$2, ','\)::uuid\[\]\)"
)
OWN_ABROAD = re.compile(
    r'\((t\."organisation_id" = \$1) or (?:t\."user_id" = \$(\d+)|t\."id" = any\('
    r'array\(select own\."group_id" from "group_member" own where own\."user_id" = \$(\d+)'
    r" and true\)\))\)"
)


def documents() -> Iterator[str]:
    """The texts among the upper-case constants of the tests that are queries or changes."""
    for module in sorted(HERE.glob("*.py")):
        for node in ast.parse(module.read_text()).body:
            if isinstance(node, ast.Assign) and is_constant(node.targets[0]):
                yield from filter(is_operation, texts(node.value))


def is_constant(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.isupper()


def texts(value: ast.expr) -> Iterator[str]:
    """All texts that a constant is made of."""
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_operation(text: str) -> bool:
    try:
        return get_operation_ast(parse(text)) is not None
    except GraphQLError:
        return False


def plans(reader: Reader, text: str) -> Iterator[Plan]:
    """The plans of a document: for who may see all, and for who may see their own."""
    try:
        operation = reader.operation(text, None)
    except (Unplanned, TooMuch):
        return
    for extent, is_on in product((ALL, OWN), (True, False)):
        switched = dict.fromkeys(operation.switches, is_on)
        selection = Selection(reader.schema, operation.document, switched)
        try:
            yield Compiler(reader.contract, selection, lambda _, e=extent: e).compile(
                operation.node
            )
        except Unplanned:
            continue


def statements(plan: Plan) -> Iterator[Statement]:
    """The statements that the levels of a plan can send: in each order, and with each filter.

    Order and filter are texts of their own, neither of which knows of the other.
    """
    for level in plan.levels:
        if isinstance(level, Finder):
            yield level.statement
        elif isinstance(level.declared, Page):
            first, *others = stretches(level.declared)
            everything, *narrowed = filters(level.declared)
            for stretch in (first, *others):
                yield from level.page(stretch, everything)
            for parts in narrowed:
                yield from level.page(first, parts)
        elif isinstance(level.declared, One):
            yield from (level.rows([], by) for by in level.declared.by or [None])
        else:
            yield from (level.rows(parts) for parts in filters(level.declared))


def stretches(page: Page) -> Iterator[Stretch]:
    chosen = (Order(paths, is_falling) for paths in page.orders.values() for is_falling in (0, 1))
    for order in (page.order, *chosen):
        ends = ("",) * len(order.all)
        yield Stretch(order, 5)
        yield Stretch(order, 5, True, after=ends, before=ends)


def filters(declared: Page | Edge) -> Iterator[Parts]:
    """No condition, each alone, and all of them."""
    named = [*declared.conditions.items()]
    for chosen in ([], named, *([one] for one in named)):
        yield [part for name, condition in chosen for part in parts(name, condition)]


def parts(name: str, condition: Any) -> Parts:
    if isinstance(condition, Asked):
        return parts(name, condition.condition)
    if isinstance(condition, Within):
        return condition.parts(name, SimpleNamespace(from_=1, until=2), None)
    if isinstance(condition, May):
        both = [condition.parts(name, may, WHO_MAY_ALL) for may in (True, False)]
        return [part for parts in both for part in parts]
    if isinstance(condition, ButFor):
        values = ((name, condition.one), (f"other {name}", None))
        both = [condition.parts(place, value, None) for place, value in values]
        return [part for parts in both for part in parts]
    return [(condition, name, None)]


def sent(reader: Reader) -> Iterator[Statement]:
    """Every statement that a planner has made to answer what it was asked."""
    for operation in reader.operations.values():
        for plan in getattr(operation, "plans", {}).values():
            for level in plan.levels:
                if isinstance(level, Finder):
                    yield level.statement
                else:
                    yield from (one for both in level.variants.values() for one in both)


def is_of_one_tenant(statement: Statement) -> bool:
    """Whether the outermost condition, which must hold, is the tenant's."""
    text = but_for_own(by_tables(statement.text), statement)
    if " as kind, " in text:
        found = [KIND.fullmatch(one) for one in text.split(" union all ")]
        return all(one and one[2] == of_tenant(one[1], "t") for one in found)
    if "cross join lateral (" in text:
        text = text.partition("cross join lateral (")[2].removesuffix(") page")
    if " as list from (" in text:
        text = text.partition(" as list from (")[2].removesuffix(") rows")
        text = text.removeprefix("select one, row_number() over () from (").removesuffix(") back")
    if not all(is_joined_here(*join) for join in JOIN.findall(text)):
        return False
    here = re.search(r' from (?:\(select \* from )?("\w+")', text)
    text = text.replace(of_tenant(here[1], "t"), "HERE")
    while PARENTHESES.search(text):
        text = PARENTHESES.sub("", text)
    _, _, conditions = text.partition(" where ")
    first = re.match(r"HERE(?= and | order by | limit |$)", conditions)
    return bool(first and " or " not in conditions)


def but_for_own(text: str, statement: Statement) -> str:
    """A text without what lets in the own memberships elsewhere, and the groups they are of."""

    def is_own(found: re.Match[str]) -> str:
        place = int(found[2] or found[3])
        return found[1] if statement.places[place - 1] == "me" else found[0]

    return OWN_ABROAD.sub(is_own, text)


def by_tables(text: str) -> str:
    """A text in which what makes the rows of a model is called as its table."""
    for made, name in sources():
        text = made.sub(name, text)
    return text


@cache
def sources() -> list[tuple[re.Pattern[str], str]]:
    """What makes the rows of the models without a table of their own, and what they are called."""
    found = []
    for model in {shown.model for shown in SHOWN.values()}:
        if made := getattr(model, "source", None):
            places = re.sub(r"\\\$[a-z_]+", r"\\$[0-9]+", re.escape(f"({made})"))
            found.append((re.compile(places), table(model)))
    return found


def is_joined_here(far: str, alias: str, condition: str) -> bool:
    """Whether a row that becomes an object is the tenant's, or that of the row that points to it;
    other joins lend values only.
    """
    near = re.match(r'\w+\."\w+" = (\w+)\.', condition)
    is_object = not near or alias.removeprefix(near[1]).startswith("__")
    whose = ["$1", *re.findall(r'\w+\."organisation_id"', condition)]
    ends = tuple(f" and {of_tenant(far, alias, one)}" for one in whose)
    return not is_object or condition.endswith(ends)


OTHER_SIDES = {'"power_of_attorney"': '"grantee_id"', '"request"': '"from_organisation_id"'}


def of_tenant(name: str, alias: str, whose: str = "$1") -> str:
    """The condition that a row is the tenant's; or one of two's, whose it is."""
    if name == '"actor"':  # whose name is told in their own organisation only
        return "true"
    column = '"id"' if name == '"organisation"' else '"organisation_id"'
    mine = f"{alias}.{column} = {whose}"
    other = OTHER_SIDES.get(name)
    return f"({mine} or {alias}.{other} = {whose})" if other else mine

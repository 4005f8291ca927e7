"""Faults are put into the planner on purpose: each must be noticed, or the proofs prove nothing."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from orjson import Fragment

from planner import (
    compiler,
    connections,
    edges,
    levels,
    objects,
    reader,
    runs,
    shapes,
    statements,
    written,
)
from planner.declarations import ALL, OWN
from planner.drafts import Draft, Statement
from planner.levels import Level
from planner.pages import Order, cursor
from planner.plan import Finder
from planner.reader import Answered, Reader
from planner.runs import Run
from planner.tables import Link
from tests.answering import Asking
from tests.documents import is_of_one_tenant, sent
from tests.furnishing import furnished
from tests.generating import Question

pytestmark = pytest.mark.anyio

MANY = """query ($text: String, $size: Int = 3, $is: Boolean = true) {
  users(first: $size, filter: {text: $text}, orderBy: {field: EMAIL}) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { name @include(if: $is) cprNumber
      certificates(first: 2) { totalCount nodes { kind } } activation { kind } } }
  }
  organisation { administrators { name } }
}"""
MINE = """query ($id: ID!) { user(by: {id: $id}) {
  name cprNumber history(first: 2) { totalCount nodes { summary } } memberships { totalCount }
} }"""
# By their state, which many share: a page from somebody to somebody else.
STATES = "{ users(first: 20, orderBy: {field: STATUS}) { edges { cursor } } }"
BETWEEN = """query ($after: String, $before: String) {
  users(after: $after, before: $before, orderBy: {field: STATUS}) { nodes { id } }
}"""
# Members of groups, some of whom are users of another organisation.
WRITTEN = """{ users(first: 50) { nodes {
  memberships(last: 2) { nodes { id createdAt } } certificates { nodes { kind expiresAt } }
} } }"""
MEMBERS = "{ groups(first: 50) { nodes { members { nodes { user { id } } } } } }"
LISTED = "{ users(first: 20) { nodes { name cprNumber } } }"
SOME_LAW = {"user:list": ALL, "user:read": OWN}


@pytest.fixture(scope="module")
async def town(tables):
    return await furnished()


@pytest.fixture
async def differs(town):
    """Whether one planner gives any of a handful of answers that the executor does not give."""
    asking, people = Asking(town), town.people
    edges = (await asking.executed("owner", STATES))["users"]["edges"]
    somewhere = {"after": edges[2]["cursor"], "before": edges[15]["cursor"]}
    handful = [
        ("owner", Question(MANY, {"text": "o"}), None),
        ("owner", Question(MANY, {"text": "Zita", "size": 2, "is": False}), None),
        ("stranger", Question(MANY, {}), None),
        ("employee", Question(MANY, {}), None),
        ("owner", Question(BETWEEN, somewhere), None),
        ("owner", Question(MEMBERS, {}), None),
        ("owner", Question(WRITTEN, {}), None),
        ("owner", Question(MINE, {"id": str(people["owner"].id)}), None),
        ("employee", Question(MINE, {"id": str(people["employee"].id)}), None),
        ("employee", Question(MINE, {"id": str(people["owner"].id)}), None),
        ("employee", Question(LISTED, {}), SOME_LAW),
    ]

    async def differs():
        answers = [await asking.both(*one) for one in handful]
        assert not asking.endpoint.reader.faults, "a fault that breaks the planner is no proof"
        return any(one.planned and one.planned != one.executed for one in answers)

    return differs


class NoTenant(Draft):
    def __init__(self, model, **more):
        super().__init__(model, **more)
        self.conditions[0] = f"{self.place('tenant')}::uuid is not null"


class NotOwn(Draft):
    def __init__(self, model, *, own=False, abroad=False):
        super().__init__(model, abroad=abroad)


class NoFact(Draft):
    def only(self, fact):
        pass


class WithDeleted(Draft):
    def only(self, fact):
        if "DELETED" not in (fact or ""):
            super().only(fact)


class NoFilter(Draft):
    def where(self, conditions):
        pass


class TurnedRound(Draft):
    def runs(self, stretch):
        return super().runs(turned(stretch))


class BeforeForAfter(Draft):
    def beyond(self, stretch):
        super().beyond(turned(stretch))


def turned(stretch):
    order = replace(stretch.order, is_falling=not stretch.order.is_falling)
    return replace(stretch, order=order)


class Tied(Order):
    all = property(lambda self: self.columns or ("id",))


class NoTieBreaker(Draft):
    def runs(self, stretch):
        return super().runs(tied(stretch))

    def beyond(self, stretch):
        super().beyond(tied(stretch))


def tied(stretch):
    return replace(stretch, order=Tied(stretch.order.columns, stretch.order.is_falling))


class WholeLife(Draft):
    def latest(self, most, order, way):
        pass


def drafting(kind):
    """Lets the planner alone write its statements so; the executor has a Draft of its own."""
    return lambda patch: patch.setattr(levels, "Draft", kind)


def lose_one_row(patch):
    given = runs.given
    patch.setattr(runs, "given", lambda stretch: given(stretch) | {"limit": stretch.size})


def give_one_row_too_many(patch):
    cut = runs.cut

    def longer(level, stretch, *rest):
        return cut(level, replace(stretch, size=stretch.size + 1), *rest)

    patch.setattr(runs, "cut", longer)


def invert_has_next_page(patch):
    patch.setitem(connections.PAGE_INFO, "hasNextPage", "not page.after")


def end_where_it_starts(patch):
    patch.setitem(connections.PAGE_INFO, "endCursor", "page.cursor(0)")


def list_backwards(patch):
    def forwards(draft, text, stretch, way):
        found = told(draft, text, stretch, way)
        return replace(found, text=found.text.replace(" order by row_number desc", ""))

    told = statements.told
    patch.setattr(statements, "told", forwards)


def write_whole_seconds(patch):
    patch.setattr(written, "PARTED", written.WHOLE)


def write_null_for_empty(patch):
    patch.setattr(connections, "told", lambda text: text and Fragment(text))


def make_cursors_of_other_columns(patch):
    patch.setattr(shapes, "cursor", lambda values: cursor([*reversed(values)]))


def take_another_key(patch):
    linked = compiler.linked

    def other(*given):
        way = linked(*given)
        return way and Link(way.target, way.near, "organisation_id", way.also)

    patch.setattr(compiler, "linked", other)


def count_without_the_filter(patch):
    def count(draft, way=None):
        return statements.count(Draft(draft.model), way)

    patch.setattr(levels, "statements", SimpleNamespace(**vars(statements) | {"count": count}))


def show_what_is_refused(patch):
    patch.setattr(objects, "guarded", lambda *given: given[4])


def show_own_secrets_to_others(patch):
    guarded = objects.guarded

    def careless(plan_maker, level, shown, permission, text, *rest):
        whole = guarded(plan_maker, level, shown, permission, text, *rest)
        return text if "run.me" in whole else whole

    patch.setattr(objects, "guarded", careless)


def refuse_in_silence(patch):
    told = reader.told
    patch.setattr(reader, "told", lambda *given: Answered(told(*given).data, []))


def follow_a_pointer_out_of_the_tenant(patch):
    patch.setattr(edges, "HERE", "")


def take_one_column_for_another(patch):
    column_text = objects.column_text

    def other(plan_maker, level, shown, path, kind):
        path = "surname" if path == "name" and "surname" in shown.fields else path
        return column_text(plan_maker, level, shown, path, kind)

    patch.setattr(objects, "column_text", other)


def forget_the_switches(patch):
    patch.setattr(reader, "switches", lambda document: ())


def remember_the_first_arguments(patch):
    patch.setattr(levels, "has_variables", lambda value: False)


def share_a_plan_among_all(patch):
    plan = Reader.plan

    def first(self, operation, variables, asking):
        known = next(iter(operation.plans.values()), None)
        return known or plan(self, operation, variables, asking)

    patch.setattr(Reader, "plan", first)


FAULTS = {
    "a lost tenant condition": drafting(NoTenant),
    "a lost own condition": drafting(NotOwn),
    "a lost fact": drafting(NoFact),
    "deleted rows shown": drafting(WithDeleted),
    "a lost filter condition": drafting(NoFilter),
    "the other direction": drafting(TurnedRound),
    "before for after": drafting(BeforeForAfter),
    "no order among equals": drafting(NoTieBreaker),
    "a life longer than a page holds": drafting(WholeLife),
    "a page that misses a row": lose_one_row,
    "a page of one row too many": give_one_row_too_many,
    "hasNextPage inverted": invert_has_next_page,
    "an end cursor at the start": end_where_it_starts,
    "a cursor of another column": make_cursors_of_other_columns,
    "a wrong key": take_another_key,
    "a count without its filter": count_without_the_filter,
    "refused fields shown": show_what_is_refused,
    "own secrets shown to others": show_own_secrets_to_others,
    "a refusal without its error": refuse_in_silence,
    "a list turned round": list_backwards,
    "whole seconds": write_whole_seconds,
    "null for an empty list": write_null_for_empty,
    "a pointer out of the tenant": follow_a_pointer_out_of_the_tenant,
    "a wrong column": take_one_column_for_another,
    "switches forgotten": forget_the_switches,
    "arguments remembered": remember_the_first_arguments,
    "a plan shared by all": share_a_plan_among_all,
}


async def test_the_planner_as_it_is_does_not_differ(differs):
    assert not await differs()


@pytest.mark.parametrize("plant", FAULTS.values(), ids=FAULTS)
async def test_a_fault_is_noticed_in_the_answers(differs, monkeypatch, plant):
    plant(monkeypatch)

    assert await differs()


def find_everywhere(patch):
    lost = Statement("select 'User' as kind, id::text from \"user\" where id = any($1)", ("keys",))
    patch.setattr(Finder, "statement", property(lambda _: lost))


def join_by_or(patch):
    draft = Level.draft

    def loose(self, parts=()):
        made = draft(self, parts)
        made.conditions[0] += " or true"
        return made

    patch.setattr(Level, "draft", loose)


@pytest.mark.parametrize("plant", [drafting(NoTenant), find_everywhere, join_by_or])
async def test_a_fault_is_noticed_in_the_statements(town, monkeypatch, plant):
    asking, one = Asking(town), '{ users { totalCount nodes { id } } node(id: "%s") { id } }'

    plant(monkeypatch)
    await asking.planned("owner", Question(one % town.people["owner"].id, {}))

    assert not all(is_of_one_tenant(one) for one in sent(asking.endpoint.reader))


async def test_a_circle_of_references_is_noticed(town, monkeypatch):
    begin = Run.__init__

    def circular(self, *given):
        begin(self, *given)
        self.itself = self

    monkeypatch.setattr(Run, "__init__", circular)

    assert await Asking(town).left_behind(("owner",), Question(LISTED, {}))

"""Every query of every test is answered twice: by the planner, and by GraphQL's own executor."""

from collections import Counter
from typing import Any

import orjson
from graphql import OperationType

from planner.selection import Weight
from resolvers.context import Context
from schema.bodies import body_of
from schema.endpoint import KINDS, Endpoint, Kinds

PLANNED: Counter[bool] = Counter()  # how many queries the planner answered, and how many it left
LEARNT: dict[Weight, Any] = {}  # what planners know of documents, by the most they may ask for


class BothWays(Endpoint):
    """The way in, but what the planner answers must be what the executor answers.

    Its planner goes on with what those of former tests have learnt, as one that serves does.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        reader = self.reader
        reader.operations = LEARNT.setdefault(reader.most, reader.operations)

    async def planned(
        self,
        query: str,
        variables: dict[str, Any] | None,
        name: str | None,
        context: Context | None,
        kinds: Kinds = KINDS["POST"],
    ) -> dict[str, Any] | None:
        answer = await super().planned(query, variables, name, context, kinds)
        PLANNED[answer is not None] += 1
        assert not self.reader.faults, "the planner met a fault, and left it to the executor"
        known = self.reader.known(query, name)
        is_read = known and known.node.operation is not OperationType.MUTATION
        if answer is not None and context and is_read:  # a change is made once
            result: Any = await self.graph.execute(
                query, variable_values=variables, context_value=context, operation_name=name
            )
            assert comparable(answer) == comparable(body_of(result, context.language))
        return answer


def comparable(body: dict[str, Any]) -> tuple[Any, list[bytes]]:
    """A body as it is sent, its errors sorted."""
    errors = body.get("errors", ())
    sent = orjson.loads(orjson.dumps(body["data"]))
    return sent, sorted(orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in errors)

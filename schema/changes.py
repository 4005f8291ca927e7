"""The word to declare a change with: its input, payload and guard follow from its resolver."""

from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from models import Entity
from models.refusals import Refusal, Refusals, Unavailable
from resolvers.context import Context
from schema import payloads, types
from schema.attempts import Outcome
from schema.docs import a, described, summary
from schema.guard import Guard, Replayed, all_of
from schema.nouns import NOUNS, Allow, NounField, argument
from schema.rows import CHANGED, FOUND
from schema.seeing import asking_for
from schema.shape import REQUIRED, UNSET, Form, Member, input_type, members_of, target_of
from schema.telling import must_be_signed_in

NAMED = types  # the nouns stand before the changes that answer with them


def mutation(
    resolver: Any,
    *,
    allow: str,
    shown_as: str | None = None,
    alters: bool = True,
    keeps_dry_run: bool = False,
    finds: tuple[type[Entity], ...] = (),
) -> Any:
    """Declares a change; `shown_as` names the type of its answer, where that is not its own.

    What is named by one that does not alter it keeps its version. With `keeps_dry_run` the
    resolver itself minds that a dry run has no effect. What a change `finds`, by a secret or
    within a choice, is what its permission is about.
    """
    FOUND.setdefault(allow, set()).update(finds)
    return ChangeField(resolver, allow, shown_as, alters, keeps_dry_run)


class ChangeField(NounField):
    """A root field of mutations. It takes its name from the class that it stands in."""

    def __init__(
        self, resolver: Any, allow: str, shown_as: str | None, alters: bool, keeps_dry_run: bool
    ):
        super().__init__(
            description=summary(resolver),
            metadata={"allow": allow},
            directives=[Allow(permission=allow)],
        )
        self.change, self.allow, self.shown_as, self.alters = resolver, allow, shown_as, alters
        self.keeps_dry_run = keeps_dry_run

    def __set_name__(self, owner: type, name: str) -> None:
        operation = to_camel_case(name)
        noun = capitalize_first(operation)
        based_on = version(self.change) if self.alters else ()
        members = (*target_members(self.change), *members_of(self.change), *based_on)
        self.guard = Guard(
            self.change, self.allow, operation, target_of(self.change), members_of(self.change)
        )
        if target := target_of(self.change)[1]:
            CHANGED.setdefault(self.allow, set()).add(target)
        self.parts = payloads.parts_of(self.change, self.shown_as)
        self.made = payloads.payload_type(f"{noun}Payload", operation, self.parts)
        about = f"{a(noun)}Input holds what {operation} needs."
        self.type_annotation = StrawberryAnnotation(f"Optional[{noun}Payload]", namespace=NOUNS)
        self.base_resolver = StrawberryResolver(self.answer)
        self._arguments = [
            StrawberryArgument(
                "input",
                None,
                StrawberryAnnotation(input_type(f"{noun}Input", members, about)),
                description="What to do, and to what.",
            ),
            argument(
                "dry_run",
                bool | None,
                "Whether to do everything, answer, and undo it: nothing is kept, nothing leaves.",
                default=False,
            ),
        ]

    async def answer(self, info: strawberry.Info, input: Any, dry_run: bool | None = False) -> Any:
        """The payload, of what was done or why it was refused."""
        context = must_be_signed_in(info.context)
        known = context.attempt.outcome
        return await self.payload(known or await self.outcome(context, input, dry_run), context)

    async def outcome(self, context: Context, input: Any, dry_run: bool | None) -> Outcome:
        """Makes the change, once, in the transaction that is open."""
        attempt = context.attempt
        attempt.is_dry_run, attempt.keeps_dry_run = bool(dry_run), self.keeps_dry_run
        given = {name: one for name, one in vars(input).items() if one is not UNSET}
        try:
            result = await self.guard.run(context, given)
        except Replayed:
            return Outcome(is_repeat=True)
        except (Refusal, Refusals) as refusal:
            # What does not answer now may do so to the same again.
            attempt.is_refused = not isinstance(refusal, Unavailable)
            attempt.is_kept = getattr(refusal, "is_kept", False)
            return Outcome(refusals=tuple(all_of(refusal)))
        attempt.is_done = True
        return Outcome(result)

    async def payload(self, outcome: Outcome, context: Context) -> Any:
        """What a client reads of an outcome; of a change made before, its first answer is read."""
        asking = asking_for(context)
        if outcome.is_repeat or outcome.refusals:
            return await payloads.refused(self.made, self.parts, list(outcome.refusals), asking)
        hides = context.attempt.is_dry_run
        return await payloads.done(self.made, self.parts, outcome.result, asking, hides)

    @property
    def shown_once(self) -> set[str]:
        """The members of the payload that are shown this once, by GraphQL's names."""
        return {one.graphql_name for one in self.parts if one.is_shown_once}


def target_members(resolver: Any) -> tuple[Member, ...]:
    name, model = target_of(resolver)
    if model is None or model.is_implied():
        return ()
    given_as = f"{str(name).rstrip('_')}_id"
    text = described(resolver).get(given_as, f"The {model.noun.replace('_', ' ')}.")
    return (Member(str(name), given_as, Form(strawberry.ID), False, REQUIRED, text),)


def version(resolver: Any) -> tuple[Member, ...]:
    if target_of(resolver)[1] is None:
        return ()
    text = "The version that the change was based on; a Conflict is answered when it has moved on."
    return (Member("expected_version", "expected_version", Form(int), True, UNSET, text),)

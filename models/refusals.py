"""Why something is refused. Resolvers and models raise these; the schema shows them as problems.

Refusal
├── NotFound          nothing here bears that id, number or address
├── Denied            this person may not do it
├── Conflict          the state of something stands against it
├── Invalid           a value breaks a rule of its form
├── Unavailable       a service outside does not answer
└── Unauthenticated   nobody is signed in
Refusals              several of them at once
"""

from collections.abc import Iterable, Sequence
from typing import Self

from models import messages


class Refusal(Exception):
    """Say no, with a code for programs, a message for people, and the place in the input.

    The values fill the placeholders of the message. What the client sent is never among them: it
    may be a CPR number.
    """

    def __init__(self, code: str, *, path: Sequence[str | int] = (), **values: object) -> None:
        super().__init__(code)
        messages.about(code)  # a code that no catalogue holds must not reach a client
        self.code = code
        self.path: tuple[str | int, ...] = tuple(path)
        self.values: dict[str, object] = values

    def __str__(self) -> str:
        return self.message("en")

    @property
    def argument(self) -> str:
        """The input field that it is about, or nothing."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    def message(self, language: str, **told: object) -> str:
        """Say what is wrong and what to do; what is told here outranks the refusal's own values."""
        return messages.message(self.code, language, **{**self._words(language), **told})

    def under(self, *steps: str | int) -> Self:
        """Place it deeper in the input, and return it to be raised."""
        self.path = (*steps, *self.path)
        return self

    def _words(self, language: str) -> dict[str, object]:
        return {"field": self.argument, **self.values}


class NotFound(Refusal):
    """Tell that nothing here bears that id; the words are the same for another organisation's."""

    def __init__(
        self, code: str = "NOT_FOUND", *, path: Sequence[str | int] = (), **values: object
    ) -> None:
        super().__init__(code, path=path, **values)


class Denied(Refusal):
    """Tell that this person may not, who may, and who can give that."""

    def __init__(
        self,
        code: str = "DENIED",
        *,
        path: Sequence[str | int] = (),
        permission: str = "",
        allowed_for: Iterable[str] = (),
        grantable_by: Iterable[str] = (),
        **values: object,
    ) -> None:
        super().__init__(code, path=path, **values)
        self.permission = permission
        self.allowed_for: tuple[str, ...] = tuple(allowed_for)
        self.grantable_by: tuple[str, ...] = tuple(grantable_by)

    def _words(self, language: str) -> dict[str, object]:
        return {
            "permission": self.permission,
            "allowed_for": self.allowed_for,
            "grantable_by": self.grantable_by,
            **super()._words(language),
        }


class Conflict(Refusal):
    """Tell that the state of something stands against it, with that thing and what uses it.

    What was stored before a refusal that is kept stays stored: a wrong try is a try, though nothing
    else comes of it.
    """

    def __init__(
        self,
        code: str,
        *,
        path: Sequence[str | int] = (),
        current: object | None = None,
        usages: Iterable[object] = (),
        is_kept: bool = False,
        **values: object,
    ) -> None:
        super().__init__(code, path=path, **values)
        self.current = current
        self.usages: tuple[object, ...] = tuple(usages)
        self.is_kept = is_kept


class Invalid(Refusal):
    """Tell which rule a value breaks, and a value that would do where one can be guessed.

    The constraint is the key of a rule in the catalogue; without one, the code's own rule stands.
    """

    def __init__(
        self,
        code: str,
        *,
        path: Sequence[str | int] = (),
        constraint: str | None = None,
        suggestion: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, path=path, **values)
        if constraint is not None and messages.rule(constraint, "en") is None:
            raise KeyError(constraint)
        self.constraint = constraint
        self.suggestion = suggestion

    def constraint_text(self, language: str) -> str:
        """Say the rule that is broken, in plain words."""
        rule = messages.rule(self.constraint or self.code, language, **self.values)
        return rule or messages.message(self.code, language, **super()._words(language))

    def _words(self, language: str) -> dict[str, object]:
        rule = self.constraint_text(language) if self.constraint else None
        return {"rule": rule, **super()._words(language)}


class Unavailable(Refusal):
    """Tell that a service outside does not answer, and when to try again."""

    def __init__(
        self,
        code: str = "UNAVAILABLE",
        *,
        path: Sequence[str | int] = (),
        retry_after: int = 5,
        **values: object,
    ) -> None:
        super().__init__(code, path=path, **values)
        self.retry_after = retry_after

    def _words(self, language: str) -> dict[str, object]:
        return {"retry_after": self.retry_after, **super()._words(language)}


class Unauthenticated(Refusal):
    """Tell that nobody is signed in, or that the sign-in no longer counts."""

    def __init__(
        self, code: str = "UNAUTHENTICATED", *, path: Sequence[str | int] = (), **values: object
    ) -> None:
        super().__init__(code, path=path, **values)


class Refusals(Exception):
    """Tell all that is wrong with an input at once."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals: list[Refusal] = list(refusals)
        super().__init__(self.refusals)

    def __str__(self) -> str:
        return " ".join(map(str, self.refusals))

    def under(self, *steps: str | int) -> Self:
        """Place all of them deeper in the input, and return them to be raised."""
        for refusal in self.refusals:
            refusal.under(*steps)
        return self

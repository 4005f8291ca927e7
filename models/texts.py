"""How long the texts are that people write."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Length:
    """The least and the most characters of a text, blanks around it not counted."""

    least: int
    most: int


Name = Annotated[str, Length(1, 100)]
Title = Annotated[str, Length(1, 200)]
Line = Annotated[str, Length(0, 200)]
Reason = Annotated[str, Length(0, 500)]
NeededReason = Annotated[str, Length(1, 500)]
FullReason = Annotated[str, Length(10, 500)]
Text = Annotated[str, Length(0, 1000)]

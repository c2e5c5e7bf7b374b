"""What goes over the wire, in all FastAPI services."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from shared.utils.whole_numbers import parse_whole_number
from shared.web.exact_types import exact

T = TypeVar("T")


MOST_DIGITS = 4_300
"""As many as the interpreter reads as a number; how large one may be is for the rules, which may also cap it."""


def _from_digits(text: str) -> int:
    number = parse_whole_number(text.removeprefix("-"), MOST_DIGITS)
    return -number if text.startswith("-") else number


InDigits = BeforeValidator(_from_digits)
"""Of a number in a query: it is written in digits. Pydantic by itself takes `6_0`, `+60` and `60.0` for 60. Bounds
stand before it in an annotation, or documents don't tell them."""
QueryNumber = Annotated[int, InDigits]
"""Parameter type: a whole number of the query. What is out of range, as negative ones may be, is for the rules to
refuse."""


class Body(BaseModel):
    """A request body: what it doesn't know is refused, so that a misspelt field isn't silently ignored, and values are
    of the types that JSON has for them.
    """

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = exact(handler(source))
        return schema


class Out(BaseModel):
    """An answer made from a row."""

    model_config = ConfigDict(from_attributes=True)


class PageOut(Out, Generic[T]):
    """One page of a list; `next_cursor` asks for the next one and is null on the last."""

    items: list[T]
    next_cursor: str | None

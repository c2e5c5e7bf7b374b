"""What goes over the wire, in all FastAPI services."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from shared.web.exact_types import exact

T = TypeVar("T")


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

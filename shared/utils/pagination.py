"""Keyset pagination. A cursor names the last row seen by its unique sort key, so nothing is skipped or repeated."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import BadRequest
from shared.utils.whole_numbers import parse_whole_number

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]{1,9}")


class InvalidCursor(BadRequest):
    """A cursor that this API didn't hand out."""

    code = "invalid_cursor"


class InvalidLimit(BadRequest):
    """A page size outside 1..1000."""

    code = "invalid_limit"


@dataclass(frozen=True)
class PageRequest:
    """What a caller asks for: at most `limit` items after the sort key `after`."""

    limit: int = DEFAULT_LIMIT
    after: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, limit: str | int | None, cursor: str | None) -> PageRequest:
        """From query parameters. Raises InvalidLimit or InvalidCursor."""
        if limit is not None and not _INTEGER.fullmatch(str(limit)):
            raise InvalidLimit(f"limit must be a number, not {str(limit)[:40]!r}")
        size = DEFAULT_LIMIT if limit is None else int(limit)
        if not 1 <= size <= MAX_LIMIT:
            raise InvalidLimit(f"limit must be between 1 and {MAX_LIMIT}, not {size}")
        return cls(size, decode_cursor(cursor) if cursor else None)

    def position(self, parts: int = 1) -> tuple[str, ...] | None:
        """The sort key to go on after, in so many parts; None at the beginning. Raises InvalidCursor for another."""
        if self.after is not None and len(self.after) != parts:
            raise InvalidCursor("the cursor is not one of this list's")
        return self.after


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: Sequence[T]
    next_cursor: str | None = None

    @classmethod
    def of(cls, rows: Sequence[T], request: PageRequest, key: Callable[[T], tuple[str, ...]]) -> Page[T]:
        """A page from up to `limit + 1` rows in key order: the extra row tells that there is more."""
        items = rows[: request.limit]
        more = len(rows) > request.limit
        return cls(items, encode_cursor(key(items[-1])) if more else None)


def whole_number(part: str, digits: int = 9) -> int:
    """A part of a sort key that is a number of at most so many digits. Raises InvalidCursor."""
    try:
        return parse_whole_number(part, digits)
    except ValueError as error:
        raise InvalidCursor("the cursor is not one of this list's") from error


def encode_cursor(key: tuple[str, ...]) -> str:
    """A sort key as opaque, URL-safe text."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, ...]:
    """The sort key in a cursor. Raises InvalidCursor."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidCursor("the cursor is not one of this list's") from error
    if not isinstance(key, list) or not key or not all(isinstance(part, str) for part in key):
        raise InvalidCursor("the cursor is not one of this list's")
    if any(_UNSTORABLE.search(part) for part in key):
        raise InvalidCursor("the cursor is not one of this list's")
    return tuple(key)

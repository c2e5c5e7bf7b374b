"""Ranges of bytes (RFC 9110 §14): a part of an object's content.

Of several ranges at once the whole content is the answer, as in S3; the standard allows that of any request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import OmniCloudError

_RANGE = re.compile(r"bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)\s*", re.IGNORECASE)
_LONGEST_DIGITS = 18
"""More digits than any object's size has."""


class RangeNotSatisfiable(OmniCloudError):
    """The range begins behind the end of the content."""

    code = "range_not_satisfiable"

    @property
    def headers(self) -> dict[str, str]:
        """The size that a range has to begin in (§14.4)."""
        return {"Content-Range": f"bytes */{self.extra['size']}"}


@dataclass(frozen=True)
class ByteRange:
    """From the first to the last byte, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range of a content of `size` bytes that is asked for; None where the whole content is the answer.

    A header that isn't one range of bytes is ignored (§14.2). Raises RangeNotSatisfiable.
    """
    asked = _RANGE.fullmatch(header.strip()) if header else None
    if asked is None or not any(asked.groups()):
        return None
    first, last = (_number(text) for text in asked.groups())
    if first is None:
        return _suffix(last or 0, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(f"the content has {size} bytes, the range begins at {first}", size=size)
    return ByteRange(first, size - 1 if last is None else min(last, size - 1))


def _suffix(length: int, size: int) -> ByteRange | None:
    """The last bytes."""
    if length == 0:
        raise RangeNotSatisfiable("the last 0 bytes are no range", size=size)
    return ByteRange(max(0, size - length), size - 1) if size else None


def _number(digits: str) -> int | None:
    """The number; one beyond every size for one with too many digits to be one."""
    significant = digits.lstrip("0")
    if len(significant) > _LONGEST_DIGITS:
        return int(10**_LONGEST_DIGITS)
    return int(digits) if digits else None

"""What a state document says of itself: its serial and its lineage. Nothing else of it is read, let alone changed.

A document is as large as what it describes, so it is never made into objects: one pass over its bytes, in memory that
doesn't grow with it, finds that it is JSON (RFC 8259) and reads the two members. Numbers have as many digits as
Terraform gave them, which no binary float holds.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import BadRequest

MAX_SERIAL = 2**53 - 1
"""Terraform's serial has 64 bits, but it is told in JSON, whose readers may round what is larger (RFC 7493 §2.2)."""
MAX_LINEAGE_LENGTH = 255
WINDOW_BYTES = 4 * 2**20

# What is repeated possessively is atomic: before Python 3.11.5 half of it was kept where the rest of it didn't match.
_STRING = rb'"(?:(?>[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})))*+"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:(?>\.[0-9]++))?+(?:(?>[eE][+-]?[0-9]++))?+"
_SPACE = rb"[ \t\r\n]*+"
_SCALAR = rb"(?:" + _STRING + rb"|" + _NUMBER + rb"|true|false|null)"
_KEY = _STRING + _SPACE + rb":" + _SPACE
_MEMBER = _KEY + _SCALAR + _SPACE
_ELEMENT = _SCALAR + _SPACE
_MEMBERS = rb"(?:(?>" + _MEMBER + rb"," + _SPACE + rb"))*+(?:" + _MEMBER + rb"(?=\})|" + _KEY + rb"(?=[\{\[]))"
_ELEMENTS = rb"(?:(?>" + _ELEMENT + rb"," + _SPACE + rb"))*+(?:" + _ELEMENT + rb"(?=\])|(?=[\{\[]))"

# From one bracket to the next: what may stand in an object or an array after its beginning, and after a nested value.
_FIRST_IN = {
    b"{": re.compile(_SPACE + rb"(?:(?=\})|" + _MEMBERS + rb")"),
    b"[": re.compile(_SPACE + rb"(?:(?=\])|" + _ELEMENTS + rb")"),
}
_NEXT_IN = {
    b"{": re.compile(_SPACE + rb"(?:(?=\})|," + _SPACE + _MEMBERS + rb")"),
    b"[": re.compile(_SPACE + rb"(?:(?=\])|," + _SPACE + _ELEMENTS + rb")"),
}
_CLOSES = {b"{": b"}", b"[": b"]"}
_BLANK = re.compile(_SPACE)
_TOP_MEMBER = re.compile(rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE + rb"(" + _SCALAR + rb")?")


class NotAStateDocument(BadRequest):
    """The body is no state document, or no lock info."""

    code = "not_a_state_document"


class Bytes(Protocol):
    """Bytes in memory, or a file that is mapped into it."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice) -> bytes: ...


@dataclass(frozen=True)
class Label:
    """A document's place in a history."""

    serial: int
    lineage: str


def label_of(document: Bytes, passed: Callable[[int], object] = lambda _position: None) -> Label:
    """The serial and the lineage. `passed` is told from time to time up to where the document has been read.

    Raises BadRequest for what isn't JSON in UTF-8, NotAStateDocument for JSON without a serial from 0 to 2^53 - 1 or
    without a lineage.
    """
    _ensure_unicode(document, passed)
    found = _top_members(document, passed)
    serial, lineage = found.get("serial"), found.get("lineage")
    if not isinstance(serial, int) or isinstance(serial, bool) or not 0 <= serial <= MAX_SERIAL:
        raise NotAStateDocument(f"a state document has a serial from 0 to {MAX_SERIAL}")
    return Label(serial, plain_text("lineage", lineage, MAX_LINEAGE_LENGTH))


def plain_text(name: str, value: object, longest: int) -> str:
    """A text that every record can hold: no NUL, nothing that UTF-8 can't write. Raises NotAStateDocument."""
    if not isinstance(value, str) or len(value) > longest:
        raise NotAStateDocument(f"{name} must be a text of at most {longest} characters")
    if "\x00" in value or not _writable(value):
        raise NotAStateDocument(f"{name} has characters that can't be recorded")
    return value


def _top_members(document: Bytes, passed: Callable[[int], object]) -> dict[str, Any]:
    """The outermost object's members `serial` and `lineage`; of a repeated one the last, as Go reads it."""
    at = _match(_BLANK, document, 0)
    if document[at : at + 1] != b"{":
        raise NotAStateDocument("the body must be a JSON object")
    found: dict[str, Any] = {}
    open_brackets, rules, told = bytearray(b"{"), _FIRST_IN, at
    at += 1
    while open_brackets:
        inside = bytes(open_brackets[-1:])
        end = _match(rules[inside], document, at)
        if len(open_brackets) == 1:
            _note_members(found, document, at, end)
        bracket = document[end : end + 1]
        if bracket in _CLOSES:
            open_brackets += bracket
            rules = _FIRST_IN
        elif bracket == _CLOSES[inside]:
            del open_brackets[-1]
            rules = _NEXT_IN
        else:
            raise BadRequest("the body is not valid JSON")
        at = end + 1
        if at - told >= WINDOW_BYTES:
            passed(at)
            told = at
    if _match(_BLANK, document, at) != len(document):
        raise BadRequest("the body is not valid JSON")
    return found


def _note_members(found: dict[str, Any], document: Bytes, start: int, end: int) -> None:
    for member in _TOP_MEMBER.finditer(document, start, end):  # type: ignore[call-overload]
        if member.end(1) - member.start(1) > MAX_LINEAGE_LENGTH:
            continue
        key = json.loads(member[1])
        if key in ("serial", "lineage"):
            short = member[2] is not None and member.end(2) - member.start(2) <= 6 * MAX_LINEAGE_LENGTH + 2
            found[key] = json.loads(member[2], parse_float=str) if short else None


def _match(pattern: re.Pattern[bytes], document: Bytes, at: int) -> int:
    """Where the pattern's match ends. Raises BadRequest when there is none."""
    match = pattern.match(document, at)  # type: ignore[call-overload]
    if match is None:
        raise BadRequest("the body is not valid JSON")
    return int(match.end())


def _ensure_unicode(document: Bytes, passed: Callable[[int], object]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(document), WINDOW_BYTES):
            decoder.decode(document[start : start + WINDOW_BYTES])
            passed(start)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadRequest("the body is not valid UTF-8") from error


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

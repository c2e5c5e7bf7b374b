"""What may come in at all: request targets, headers and JSON bodies, for both frameworks and the gateway.

What passes here comes back as it was sent. Text can be stored and told on: no NUL, which PostgreSQL keeps in no text,
and no half of a surrogate pair, which has no UTF-8. Numbers are those that a double holds exactly as they are written
(I-JSON, RFC 7493 §2.2; RFC 8785, by which audit records are hashed, knows no others).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, DecimalException
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from shared.errors import BadRequest, OmniCloudError, PayloadTooLarge
from shared.utils.sequences import first_repeated

MAX_TARGET_BYTES = 8_192
"""Of path and query as they are sent (RFC 9110 §4.1 asks for 8,000 at least)."""
MAX_SEGMENT_BYTES = 1_024
"""Of one part of a path between slashes, decoded: the longest key of an object (S3)."""
MAX_JSON_BYTES = 10 * 2**20
MAX_DEPTH = 100
LARGEST_INTEGER = 2**53 - 1
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
ONCE = frozenset(
    {"host", "authorization", "idempotency-key", "x-tenant-id", "x-omnicloud-identity", "x-request-deadline-ms"}
)
"""Headers of one value: of two, one part of the platform would go by the first and another by the last."""
LISTS = frozenset({"if-match", "if-none-match"})
"""Conditions, whose lines are parts of one list (RFC 9110 §5.3)."""
_HEADER_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TargetTooLong(OmniCloudError):
    """Path and query are longer than any of this API's."""

    code = "target_too_long"


class InvalidTarget(BadRequest):
    """Path or query hold what is no text."""

    code = "invalid_target"


class InvalidHeader(BadRequest):
    """A header holds what is no text, or comes twice."""

    code = "invalid_header"


class InvalidNumber(BadRequest):
    """A number that would come back as another one."""

    code = "invalid_number"


class InvalidText(BadRequest):
    """Text with a character that can't be stored."""

    code = "invalid_text"


def check_target(raw_path: bytes, query: bytes) -> None:
    """Whether a path, as it was sent or decoded, and a query are text. Raises TargetTooLong or InvalidTarget."""
    if len(raw_path) + len(query) > MAX_TARGET_BYTES:
        raise TargetTooLong(f"path and query have at most {MAX_TARGET_BYTES} bytes")
    if not (raw_path.isascii() and query.isascii()) or b"#" in raw_path + query:
        raise InvalidTarget("bytes beyond ASCII, and #, are sent as escapes (RFC 3986 §2)")
    if _BROKEN_ESCAPE.search(raw_path):
        raise InvalidTarget("in a path % begins an escape of two hexadecimal digits (RFC 3986 §2.1)")
    check_path(unquote_to_bytes(raw_path))
    _text(unquote_to_bytes(query), "the query")


def check_path(path: bytes) -> None:
    """Whether a decoded path is text. Raises TargetTooLong or InvalidTarget."""
    if _CONTROLS.search(path):
        raise InvalidTarget("a path holds no control characters")
    _text(path, "the path")
    if any(len(segment) > MAX_SEGMENT_BYTES for segment in path.split(b"/")):
        raise TargetTooLong(f"a part of a path has at most {MAX_SEGMENT_BYTES} bytes")


def check_query(query: bytes) -> None:
    """Whether a query, as it was sent, is text. Raises TargetTooLong or InvalidTarget."""
    if len(query) > MAX_TARGET_BYTES:
        raise TargetTooLong(f"path and query have at most {MAX_TARGET_BYTES} bytes")
    _text(unquote_to_bytes(query), "the query")


def _text(data: bytes, what: str) -> None:
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidTarget(f"{what} isn't UTF-8") from error
    if "\x00" in decoded:
        raise InvalidTarget(f"{what} holds NUL, which can't be stored")


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """Whether header values (as Latin-1) are text, and those of one value come once. Raises InvalidHeader."""
    seen: set[str] = set()
    for name, value in headers:
        lower = name.lower()
        if lower in ONCE:
            if lower in seen:
                raise InvalidHeader(f"the header {name} comes twice (RFC 9110 §5.3)")
            seen.add(lower)
        if _HEADER_CONTROLS.search(value):
            raise InvalidHeader(f"the header {name} holds a control character")
        if not value.isascii():
            try:
                value.encode("latin-1").decode("utf-8")
            except UnicodeError as error:
                raise InvalidHeader(f"the header {name} is neither ASCII nor UTF-8") from error


def combined(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers (names in lower case) with the lines of one list made one: who reads one line misses nothing."""
    found: dict[str, int] = {}
    lines: list[tuple[str, str]] = []
    for name, value in headers:
        if name in found:
            place = found[name]
            lines[place] = (name, f"{lines[place][1]}, {value}")
            continue
        if name in LISTS:
            found[name] = len(lines)
        lines.append((name, value))
    return lines


def check_size(length: int) -> None:
    """Raise PayloadTooLarge for a JSON body of so many bytes."""
    if length > MAX_JSON_BYTES:
        raise PayloadTooLarge(f"a JSON body has at most {MAX_JSON_BYTES} bytes")


def parse_json(body: bytes) -> Any:
    """The value of a JSON body (RFC 8259, in UTF-8, with names that are unique in their object).

    Raises PayloadTooLarge, BadRequest, InvalidNumber or InvalidText.
    """
    check_size(len(body))
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise BadRequest("the body isn't UTF-8") from error
    except RecursionError as error:
        raise BadRequest(f"the body is nested more than {MAX_DEPTH} deep") from error
    except json.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON: {error.msg} (line {error.lineno})") from error
    if b"\\u" in body or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_value(value)
    return value


def check_text(text: str, what: str) -> str:
    """The text as it is. Raises InvalidText for what can't be stored."""
    if _UNSTORABLE.search(text):
        raise InvalidText(f"{what} holds NUL or half of a surrogate pair, which can't be stored")
    return text


def _check_value(value: Any) -> None:
    """Depth, and all text: without recursion, since the depth isn't known yet."""
    pending = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, str):
            check_text(item, "a text of the body")
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                raise BadRequest(f"the body is nested more than {MAX_DEPTH} deep")
            if isinstance(item, dict):
                for name in item:
                    check_text(name, "a name in the body")
            pending += [(inner, depth + 1) for inner in (item.values() if isinstance(item, dict) else item)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = str(first_repeated(name for name, _ in pairs))
        raise BadRequest(f"the name {twice[:80]!r} stands twice in one object (RFC 7493 §2.3)")
    return found


def _integer(text: str) -> int:
    number = int(text) if len(text) <= 17 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise InvalidNumber(f"integers go to {LARGEST_INTEGER} (RFC 7493 §2.2): write a larger one as text")
    return number


def _float(text: str) -> float:
    number = float(text)
    try:
        exact = abs(number) <= LARGEST_INTEGER and Decimal(text) == Decimal(repr(number))
    except DecimalException:
        exact = False
    if not exact:
        raise InvalidNumber(f"{text[:40]} doesn't fit a double (RFC 7493 §2.2): write it as text")
    return number


def _constant(text: str) -> NoReturn:
    raise BadRequest(f"{text} is no JSON")

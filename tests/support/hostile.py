"""Values that no caller sends by accident, and what a service must make of them: a refusal, never a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.api import Api

TEXTS = ("\0", "a\0b", "\ud800", "x" * 6_000, "../..", "%00", "\r\nX: y", "\U0010ffff")
NUMBERS: tuple[Any, ...] = (-1, 2**31, 2**63, 10**30, 1.5, 1e300, True, None, [], {})
DEEP = '{"name":' + "[" * 3_000 + "]" * 3_000 + "}"
PATHS = ("%ff", "%ed%a0%80", "x" * 3_000, "²", "..%2f..")
CURSORS = ("%00", "AAAA", "W10", "WyJhIl0", "WyJhXHUwMDAwIl0", "W251bGxd", "WyJhIiwiYiIsImMiXQ", "x" * 3_000)
TAGS = ("\u00b2".encode(), b"9" * 5_000, b'W/"1"', b'"abc"', b"\xff", b'"1')


def variants(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with each of its values replaced by hostile ones of its kind and a few of another, one at a time."""
    for name, value in body.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        for other in (*NUMBERS, "\0", "x") if is_number else (*TEXTS, None, 10**30, []):
            yield {**body, name: other}


def failures(api: Api, method: str, path: str, body: Mapping[str, Any]) -> list[str]:
    """What a service answered with 5xx to variants of a body that it takes, and to text that is no body at all."""
    found = []
    for variant in variants(body):
        answer = api.request(method, path, content=_json(variant), headers={"Content-Type": "application/json"})
        if answer.status_code >= 500:
            found.append(f"{method} {path} {ascii(variant)[:200]}: {answer.status_code}")
    for text in (DEEP, '{"a": NaN}', '{"a": 1e999}', '"\ud800"', "[", "\0", ""):
        answer = api.request(
            method, path, content=text.encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"}
        )
        if answer.status_code >= 500:
            found.append(f"{method} {path} text {text[:40]!a}: {answer.status_code}")
    return found


def address_failures(api: Api, path: str) -> list[str]:
    """What a service answered with 5xx below a list's path: to hostile ids, cursors, filters and tags."""
    paths = [f"{path}/{each}" for each in PATHS]
    paths += [f"{path}?cursor={cursor}" for cursor in CURSORS]
    paths += [f"{path}?vpc_id=a%00b", f"{path}?limit=%C2%B2", f"{path}?limit={'9' * 5_000}"]
    found = [f"GET {each[:100]}: 5xx" for each in paths if api.get(each).status_code >= 500]
    for tag in TAGS:
        if api.delete(f"{path}/nothing", headers={b"If-Match": tag}).status_code >= 500:
            found.append(f"DELETE {path} with {tag[:20]!r}: 5xx")
    return found


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()

"""Listing a bucket: keys in UTF-8 byte order, in pages of at most 1,000, folded at a delimiter (ListObjectsV2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import ValidationFailed

MAX_KEYS = 1000
LAST_CODE_POINT = 0x10FFFF
FIRST_SURROGATE, AFTER_SURROGATES = 0xD800, 0xE000
"""Code points in between are none of any text in UTF-8."""


class InvalidMaxKeys(ValidationFailed):
    """A negative page size."""

    code = "invalid_max_keys"


@dataclass(frozen=True)
class Listing:
    """One page. `next_after` continues it; keys and folded prefixes count alike towards the page's size."""

    keys: list[str]
    common_prefixes: list[str]
    next_after: str | None


@dataclass(frozen=True)
class Start:
    """Where a listing goes on: behind a key, or at it."""

    key: str = ""
    included: bool = False


def following(prefix: str) -> str | None:
    """The least text behind every text that begins with the prefix, in byte order; None when there is none."""
    stem = prefix.rstrip(chr(LAST_CODE_POINT))
    if not stem:
        return None
    successor = ord(stem[-1]) + 1
    return stem[:-1] + chr(AFTER_SURROGATES if successor == FIRST_SURROGATE else successor)


def behind(entry: str, folded: bool) -> Start | None:
    """Where a listing goes on after an entry: behind the key, or behind all that a folded prefix stands for.

    None when nothing can follow.
    """
    if not folded:
        return Start(entry)
    successor = following(entry)
    return None if successor is None else Start(successor, included=True)


def page_size(asked: int | None) -> int:
    """At most 1,000 whatever is asked for; 1,000 when nothing is. Raises InvalidMaxKeys."""
    if asked is None:
        return MAX_KEYS
    if asked < 0:
        raise InvalidMaxKeys(f"max_keys can't be negative: {asked}")
    return min(asked, MAX_KEYS)


def list_keys(
    keys: Iterable[str], *, prefix: str = "", delimiter: str = "", after: str = "", max_keys: int = MAX_KEYS
) -> Listing:
    """A page of the keys that begin with `prefix`, after the key or folded prefix `after`.

    A key whose rest holds the delimiter is folded into one common prefix that ends with it.
    """
    entries = sorted({fold(key, prefix, delimiter) for key in keys if key.startswith(prefix)}, key=_byte_order)
    rest = [entry for entry in entries if _byte_order(entry) > _byte_order((after, False))]
    page = rest[:max_keys]
    more = len(rest) > max_keys and bool(page)
    return Listing(
        keys=[name for name, folded in page if not folded],
        common_prefixes=[name for name, folded in page if folded],
        next_after=page[-1][0] if more else None,
    )


def fold(key: str, prefix: str, delimiter: str) -> tuple[str, bool]:
    """The entry that a key gives, and whether it is a folded prefix."""
    rest = key[len(prefix) :]
    if not delimiter or delimiter not in rest:
        return key, False
    return prefix + rest[: rest.index(delimiter) + len(delimiter)], True


def _byte_order(entry: tuple[str, bool]) -> bytes:
    return entry[0].encode()

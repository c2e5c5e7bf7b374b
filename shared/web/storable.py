"""What can be stored and found again: text without NUL (PostgreSQL) that has an encoding (no lone surrogates)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from shared.errors import BadRequest

MAX_DEPTH = 32
"""Of a body. None that means anything is nested as deep."""


def refuse_unstorable(value: Any, where: str = "the body") -> None:
    """Refuse text that can't be stored, at any place of a value such as JSON has, and values nested too deep.

    Looks level by level, so that no depth takes the process's stack. Raises BadRequest.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                _check(each, where)
            elif isinstance(each, Mapping):
                below += [*each.keys(), *each.values()]
            elif isinstance(each, list | tuple):
                below += each
        if not below:
            return
        level = below
    raise BadRequest(f"{where} is nested deeper than {MAX_DEPTH} levels")


def refuse_unreadable(address: bytes) -> None:
    """Refuse a path or query, as it came, that is no text that can be stored. Raises BadRequest."""
    try:
        text = unquote_to_bytes(address).decode()
    except UnicodeDecodeError:
        raise BadRequest("the address holds bytes that are no UTF-8") from None
    _check(text, "the address")


def _check(text: str, where: str) -> None:
    if "\0" in text:
        raise BadRequest(f"{where} holds a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRequest(f"{where} holds half a character (a lone surrogate)")

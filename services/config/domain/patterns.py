"""Regular expressions of tenants, matched in a time that grows with the text alone (RE2).

JSON Schema recommends the dialect of ECMA-262 without what RE2 leaves out: looking around, and references back.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from shared.errors import ValidationFailed

MAX_PATTERN_LENGTH = 1_000
MAX_MEMORY_BYTES = 1 << 19
"""What one compiled expression may take: counted repetitions of repetitions would take more."""
KEPT = 64
"""Compiled expressions that are kept, of all tenants."""
WORK_UNIT = 4_000
"""Characters times instructions that count as one step: some twenty microseconds at worst."""
UNICODE_ESCAPES = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[0-9a-fA-F]{4})+)")


class InvalidRegularExpression(ValidationFailed):
    """Not a regular expression, or one that can't be matched in linear time."""

    code = "invalid_regular_expression"


def found(pattern: str, text: str) -> bool:
    """Whether the expression matches anywhere in the text. Raises InvalidRegularExpression."""
    return _compiled(pattern).search(text) is not None


def cost(pattern: str, text: str) -> int:
    """How many steps a match may take. Raises InvalidRegularExpression."""
    return 1 + len(text) * int(_compiled(pattern).programsize) // WORK_UNIT


def check_pattern(pattern: str) -> None:
    """Raise InvalidRegularExpression for what can't be matched."""
    _compiled(pattern)


@lru_cache(KEPT)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise InvalidRegularExpression(f"a pattern has at most {MAX_PATTERN_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY_BYTES
    try:
        return re2.compile(UNICODE_ESCAPES.sub(_in_re2, pattern), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise InvalidRegularExpression(
            "a pattern is a regular expression in RE2's syntax, without looking around or references back",
            pattern=pattern,
        ) from error


def _in_re2(escapes: re.Match[str]) -> str:
    """Escapes of ECMA-262 as RE2 writes them. Two that are surrogates stand for one character."""
    characters = bytes.fromhex(escapes[2].replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    return escapes[1] + "".join(f"\\x{{{ord(character):x}}}" for character in characters)

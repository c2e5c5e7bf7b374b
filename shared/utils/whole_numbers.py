"""Whole numbers as queries, headers and cursors say them: in ASCII digits, and not in any number of them.

`int` also reads `１`, `1_000` and ` 5 `, and from 4,301 digits on it raises an error that nobody expects of digits.
"""

from __future__ import annotations

DIGITS = 18
"""All numbers of so many digits fit into 64 bits; nothing that is counted here has more."""


def parse_whole_number(text: str, digits: int = DIGITS) -> int:
    """The number, from 0, that plain text of at most so many digits says. Raises ValueError for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= digits):
        raise ValueError(f"a whole number is written with digits, of which it has at most {digits}")
    return int(text)

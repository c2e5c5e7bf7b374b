"""Text that others wrote, made fit to stand in a page: what tests and submitted files say is not to be trusted."""

from __future__ import annotations

import re
from html import escape

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[@-_])")
"""Terminal sequences (ECMA-48): of colours and cursors, of operating systems (titles, links), and short ones."""

UNSHOWABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, what turns the direction of text (it could make a line read as another), and halves of pairs."""

SPACE = re.compile(r"\s+")


def plain(text: str, limit: int) -> str:
    """One line of visible characters, at most `limit` of them and then how many were left out."""
    # Of a very long text no more is looked at than can be shown, sequences included.
    looked_at = text[: limit * 8]
    line = UNSHOWABLE.sub("\ufffd", SPACE.sub(" ", ANSI.sub("", looked_at))).strip()
    if len(line) <= limit and len(looked_at) == len(text):
        return line
    shown = line[:limit].rstrip()
    return f"{shown} … ({len(text):,} characters in all)"


def shown(text: str, limit: int = 400) -> str:
    """The same as HTML."""
    return escape(plain(text, limit))

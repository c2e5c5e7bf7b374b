"""What text may be: names, labels and whatever else a caller writes."""

from __future__ import annotations


def without_controls(value: str) -> str:
    """Text without control characters, which have no place in names, and of which the database refuses NUL.

    Raises ValueError.
    """
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise ValueError("control characters aren't allowed")
    if not value.isascii():
        # A lone surrogate is no character at all: it can't be encoded, stored or sent back.
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("lone surrogates aren't allowed") from None
    return value

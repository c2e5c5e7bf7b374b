"""Names that are one name however they are typed.

A slug is the name under Unicode's caseless compatibility matching (The Unicode Standard §3.13, D146: NFKC, case
folding, NFKC): "Acme", "ACME" and full-width "Ａｃｍｅ" are one tenant. Letters of every script stay.
"""

from __future__ import annotations

import unicodedata

from services.tenants.domain.lookalikes import TURNING, prototype, visible
from shared.errors import ValidationFailed

MAX_LENGTH = 63
"""Characters; a DNS label's worth (RFC 1035 §2.3.4)."""

MAX_NAME_LENGTH = 200


class InvalidName(ValidationFailed):
    """A name that is too long, has control characters, or has no letter or digit that can be seen."""

    code = "invalid_name"


def fold(text: str) -> str:
    """Text for caseless comparison. Folding twice changes nothing."""
    once = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", once).casefold())


def slug_of(name: str) -> str:
    """The slug of a name: folded, runs of anything but letters, marks and digits as one hyphen, at most 63 characters.

    Invisible characters (zero-width joiners, fillers and the like) are dropped, so that they can't make a second name
    that looks the same. Raises InvalidName.
    """
    if len(name) > MAX_NAME_LENGTH or any(unicodedata.category(character) == "Cc" for character in name):
        raise InvalidName(f"a name has at most {MAX_NAME_LENGTH} characters and no control characters")
    if not TURNING.isdisjoint(name):
        raise InvalidName("a name has no controls that turn the direction of text")
    return _hyphenated(name)


def skeleton_of(name: str) -> str:
    """What names that look alike have in common, whatever the scripts of their letters. Raises InvalidName."""
    slug_of(name)
    return _hyphenated(prototype(name))  # Which may be longer than a name.


def _hyphenated(name: str) -> str:
    """The slug of a text of any length. Raises InvalidName when there is nothing of it that can be seen."""
    words: list[str] = [""]
    for character in fold(visible(name)):
        category = unicodedata.category(character)
        if category[0] in "LMN":
            words[-1] += character
        elif category != "Cf" and words[-1]:
            words.append("")
    slug = "-".join(word for word in words if word)[:MAX_LENGTH].rstrip("-")
    if not any(unicodedata.category(character)[0] in "LN" for character in slug):
        raise InvalidName("a name has at least one letter or digit that can be seen")
    return slug

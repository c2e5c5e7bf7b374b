"""E-mail addresses as account names."""

from __future__ import annotations

import re
import unicodedata

from shared.errors import ValidationFailed

MAX_LENGTH = 254
"""Octets of a path in SMTP, less the angle brackets (RFC 5321 §4.5.3.1.3)."""

_SHAPE = re.compile(r"[^\s@<>,;:\"\\]+@(?:[^\s@.<>,;:\"\\]+\.)+[^\s@.<>,;:\"\\]+")


class InvalidEmail(ValidationFailed):
    """Text that can't be an e-mail address."""

    code = "invalid_email"


def normalise_email(text: str) -> str:
    """The one spelling under which an account is kept: NFKC, case-folded, without surrounding space.

    Raises InvalidEmail. Only the shape is judged; whether the mailbox exists is for a confirmation mail to find out.
    """
    address = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())
    if len(address.encode()) > MAX_LENGTH or not _SHAPE.fullmatch(address):
        raise InvalidEmail(f"{text[:MAX_LENGTH]!r} is not an e-mail address")
    return address

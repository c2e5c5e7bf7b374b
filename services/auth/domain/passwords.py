"""What a password must be: long, not common, not taken from its owner's name.

NIST SP 800-63B §5.1.1.2: length and a blocklist decide; no composition rules, no periodic change; Unicode is
normalised (NFKC) before it is hashed, so that one password typed on two keyboards is one password.
"""

from __future__ import annotations

import unicodedata

from shared.errors import ValidationFailed

MIN_LENGTH = 12
MAX_LENGTH = 128
"""Characters. The upper bound keeps hashing from being a way to load the service."""

MIN_DISTINCT = 5
"""Fewer different characters than this is a repeated pattern such as `abababababab`."""

COMMON = frozenset(
    {
        "password1234", "password12345", "passwordpassword", "123456789012", "1234567890123", "qwertyuiop12",
        "qwertyuiop123", "letmeinletmein", "iloveyou1234", "administrator", "administrator1", "welcome12345",
        "changeme1234", "correcthorsebatterystaple", "1q2w3e4r5t6y", "qwerty123456", "abc123456789", "omnicloud1234",
    }
)  # fmt: skip
"""Passwords of at least the minimum length that lead the public lists of leaked ones."""


class WeakPassword(ValidationFailed):
    """The password breaks a rule; the sentence says which one."""

    code = "weak_password"


def check_password(password: str, email: str = "") -> str:
    """The password, normalised and ready to be hashed. Raises WeakPassword; never quotes the password."""
    normalised = normalise_password(password)
    if not MIN_LENGTH <= len(normalised) <= MAX_LENGTH:
        raise WeakPassword(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    folded = normalised.casefold()
    if folded in COMMON:
        raise WeakPassword("this password is on the list of the most common ones")
    if len(set(folded)) < MIN_DISTINCT:
        raise WeakPassword(f"a password has at least {MIN_DISTINCT} different characters")
    owner = email.partition("@")[0].casefold()
    if len(owner) >= 4 and owner in folded:
        raise WeakPassword("a password doesn't contain its owner's name")
    return normalised


def normalise_password(password: str) -> str:
    """The form that is hashed and compared."""
    return unicodedata.normalize("NFKC", password)

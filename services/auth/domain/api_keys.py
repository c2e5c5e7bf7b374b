"""API keys: `omk_<key id>_<secret>`. The id finds the row, the secret proves possession.

The fixed prefix lets secret scanners find a leaked key. The secret has 256 random bits, so a single SHA-256 is enough
to store it (a slow hash protects guessable secrets only); it is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Unauthenticated

PREFIX = "omk"
SECRET_BYTES = 32
_FORMAT = re.compile(r"omk_(key-[0-9a-f]{32})_([A-Za-z0-9_-]{43})")


class InvalidApiKey(Unauthenticated):
    """Malformed, unknown, wrong, expired or revoked: the caller isn't told which."""

    code = "invalid_api_key"


@dataclass(frozen=True)
class PresentedKey:
    """The parts of a key that a caller sent."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class StoredKey:
    """What is kept of a key."""

    secret_digest: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


def format_key(key_id: str, secret: str) -> str:
    """The text that is shown to its owner once."""
    return f"{PREFIX}_{key_id}_{secret}"


def parse_key(text: str) -> PresentedKey:
    """The parts of a key. Raises InvalidApiKey for any other text."""
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise InvalidApiKey("the API key is not valid")
    return PresentedKey(match[1], match[2])


def digest(secret: str) -> str:
    """The SHA-256 of a secret, in hexadecimal: what is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verify(stored: StoredKey, secret: str, now: datetime) -> None:
    """Raise InvalidApiKey unless the secret is the stored key's and the key is in force.

    The comparison takes the same time wherever the first difference is.
    """
    genuine = hmac.compare_digest(stored.secret_digest, digest(secret))
    in_force = stored.revoked_at is None and (stored.expires_at is None or now < stored.expires_at)
    if not (genuine and in_force):
        raise InvalidApiKey("the API key is not valid")

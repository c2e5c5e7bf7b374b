"""Argon2id for passwords (RFC 9106), with the cost from the settings."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.domain.passwords import normalise_password
from services.auth.settings import Settings


class PasswordHashing:
    """Hashes passwords and compares them."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._nobodys_hash = str(self._hasher.hash("nobody has this password"))

    def hash(self, password: str) -> str:
        """A salted hash with its parameters in it."""
        return str(self._hasher.hash(normalise_password(password)))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one. Takes the same time whether or not anything is stored."""
        try:
            same = bool(self._hasher.verify(stored or self._nobodys_hash, normalise_password(password)))
        except (VerificationError, InvalidHashError):
            return False
        return same and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return bool(self._hasher.check_needs_rehash(stored))

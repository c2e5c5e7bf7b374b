"""Argon2id for passwords (RFC 9106), with the cost from the settings."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.domain.passwords import normalise_password
from shared.web.django import service_settings


@cache
def _hasher() -> PasswordHasher:
    settings = service_settings()
    return PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )


@cache
def _nobodys_hash() -> str:
    """What a password is compared with when there is no account, so that it takes as long as when there is one."""
    return str(_hasher().hash("nobody has this password"))


def hash_password(password: str) -> str:
    """A salted hash with its parameters in it."""
    return str(_hasher().hash(normalise_password(password)))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Takes the same time whether or not anything is stored."""
    try:
        matches = bool(_hasher().verify(stored or _nobodys_hash(), normalise_password(password)))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return bool(_hasher().check_needs_rehash(stored))

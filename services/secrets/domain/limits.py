"""How much of what lies in Vault a tenant may have: all of it is ended at once with the tenant, or a token above it."""

from __future__ import annotations

from shared.errors import ValidationFailed

MAX_LEASES = 1_000
"""Those that ended a moment ago count until what they stood for is gone from Vault."""
MAX_TOKENS = 1_000
"""Of those in force."""
MAX_KEYS = 200


class LeaseLimitReached(ValidationFailed):
    """The tenant has as many leases as it may have."""

    code = "lease_limit_reached"


class LeaseTokenLimitReached(ValidationFailed):
    """The tenant has as many lease tokens in force as it may have."""

    code = "lease_token_limit_reached"


class KeyLimitReached(ValidationFailed):
    """The tenant has as many encryption keys as it may have."""

    code = "key_limit_reached"


def ensure_lease_allowed(present: int) -> None:
    """Raise LeaseLimitReached."""
    if present >= MAX_LEASES:
        raise LeaseLimitReached(f"there are {MAX_LEASES} leases, as many as there may be", limit=MAX_LEASES)


def ensure_token_allowed(present: int) -> None:
    """Raise LeaseTokenLimitReached."""
    if present >= MAX_TOKENS:
        raise LeaseTokenLimitReached(f"{MAX_TOKENS} tokens are in force, as many as may be", limit=MAX_TOKENS)


def ensure_key_allowed(present: int) -> None:
    """Raise KeyLimitReached."""
    if present >= MAX_KEYS:
        raise KeyLimitReached(f"there are {MAX_KEYS} keys, as many as there may be", limit=MAX_KEYS)

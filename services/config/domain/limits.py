"""How much a tenant may have: every process looks after what is in force of all tenants."""

from __future__ import annotations

from shared.errors import ValidationFailed

MAX_ENVIRONMENTS = 100
MAX_FLAGS = 1_000


class EnvironmentLimitReached(ValidationFailed):
    """The tenant has as many environments as it may have."""

    code = "environment_limit_reached"


class FlagLimitReached(ValidationFailed):
    """The tenant has as many flags as it may have."""

    code = "flag_limit_reached"


def check_environments(count: int) -> None:
    """Raise EnvironmentLimitReached when there are too many, the new one among them."""
    if count > MAX_ENVIRONMENTS:
        raise EnvironmentLimitReached(f"there may be {MAX_ENVIRONMENTS} environments", limit=MAX_ENVIRONMENTS)


def check_flags(count: int) -> None:
    """Raise FlagLimitReached when there are too many, the new one among them."""
    if count > MAX_FLAGS:
        raise FlagLimitReached(f"there may be {MAX_FLAGS} flags", limit=MAX_FLAGS)

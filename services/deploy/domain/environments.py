"""Names of environments, and how many there may be. Terraform calls them workspaces."""

from __future__ import annotations

import re

from shared.errors import ValidationFailed

MAX_ENVIRONMENTS = 100
"""Of a tenant: each has a state with its versions, and a lock."""
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidName(ValidationFailed):
    """An environment name that isn't a DNS label starting with a letter (RFC 1035 §2.3.1)."""

    code = "invalid_environment_label"


class EnvironmentLimitReached(ValidationFailed):
    """The tenant has as many environments as it may have."""

    code = "deployment_environment_limit_reached"


def check_environments(count: int) -> None:
    """Raise EnvironmentLimitReached when there are too many, the new one among them."""
    if count > MAX_ENVIRONMENTS:
        raise EnvironmentLimitReached(f"there may be {MAX_ENVIRONMENTS} environments", limit=MAX_ENVIRONMENTS)


def valid_name(name: str) -> str:
    """The name itself. Raises InvalidName."""
    if not _NAME.fullmatch(name):
        raise InvalidName(f"{name!r}: use lower-case letters, digits and hyphens, starting with a letter")
    return name

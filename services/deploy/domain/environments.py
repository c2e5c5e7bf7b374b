"""Names of environments. Terraform calls them workspaces."""

from __future__ import annotations

import re

from shared.errors import ValidationFailed

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidName(ValidationFailed):
    """An environment name that isn't a DNS label starting with a letter (RFC 1035 §2.3.1)."""

    code = "invalid_environment_label"


def valid_name(name: str) -> str:
    """The name itself. Raises InvalidName."""
    if not _NAME.fullmatch(name):
        raise InvalidName(f"{name!r}: use lower-case letters, digits and hyphens, starting with a letter")
    return name

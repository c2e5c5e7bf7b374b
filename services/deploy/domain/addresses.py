"""Addresses of resources, as Terraform writes them."""

from __future__ import annotations

import re

from services.deploy.domain.kinds import KINDS
from shared.errors import ValidationFailed

_ADDRESS = re.compile(r"(?P<kind>[a-z_]+(?:\.[a-z_]+)?)\.(?P<name>[a-z_][a-z0-9_-]*)")
MAX_LENGTH = 160
"""An address is a part of the idempotency key that its owner is asked with, and those have at most 255 characters."""


class InvalidAddress(ValidationFailed):
    """A resource address that isn't `<kind>.<name>`."""

    code = "invalid_resource_address"


class UnknownKind(ValidationFailed):
    """A kind of resource that nothing here can make."""

    code = "unknown_kind"


def kind_of(address: str) -> str:
    """The kind in an address: `storage.volume.data` is a `storage.volume`. Raises InvalidAddress or UnknownKind."""
    match = _ADDRESS.fullmatch(address)
    if not match or len(address) > MAX_LENGTH:
        raise InvalidAddress(f"{address[:MAX_LENGTH]!r} is not an address of the form kind.name")
    if match["kind"] not in KINDS:
        raise UnknownKind(f"{match['kind']!r} is none of {', '.join(sorted(KINDS))}")
    return match["kind"]

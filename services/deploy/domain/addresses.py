"""Addresses of resources, as Terraform writes them."""

from __future__ import annotations

import re

from shared.errors import ValidationFailed

_ADDRESS = re.compile(r"(?P<kind>[a-z_]+(?:\.[a-z_]+)?)\.(?P<name>[a-z_][a-z0-9_-]*)")
KINDS = frozenset({"compute.instance", "storage.volume", "storage.bucket", "null"})


class InvalidAddress(ValidationFailed):
    """A resource address that isn't `<kind>.<name>`."""

    code = "invalid_resource_address"


class UnknownKind(ValidationFailed):
    """A kind of resource that nothing here can make."""

    code = "unknown_kind"


def kind_of(address: str) -> str:
    """The kind in an address: `storage.volume.data` is a `storage.volume`. Raises InvalidAddress or UnknownKind."""
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise InvalidAddress(f"{address!r} is not an address of the form kind.name")
    if match["kind"] not in KINDS:
        raise UnknownKind(f"{match['kind']!r} is none of {', '.join(sorted(KINDS))}")
    return match["kind"]

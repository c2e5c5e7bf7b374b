"""Names of environments and addresses of resources, as Terraform writes them."""

from __future__ import annotations

import re

from shared.errors import ValidationFailed

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_ADDRESS = re.compile(r"(?P<kind>[a-z_]+(?:\.[a-z_]+)?)\.(?P<name>[a-z_][a-z0-9_-]*)")


class InvalidName(ValidationFailed):
    """An environment name that isn't a DNS label starting with a letter (RFC 1035 §2.3.1)."""

    code = "invalid_environment_label"


class InvalidAddress(ValidationFailed):
    """A resource address that isn't `<kind>.<name>`."""

    code = "invalid_resource_address"


class UnknownKind(ValidationFailed):
    """A kind of resource that nothing here can make."""

    code = "unknown_kind"


KINDS = frozenset({"compute.instance", "storage.volume", "storage.bucket", "null"})


def valid_name(name: str) -> str:
    """The name itself. Raises InvalidName."""
    if not _NAME.fullmatch(name):
        raise InvalidName(f"{name!r}: use lower-case letters, digits and hyphens, starting with a letter")
    return name


def kind_of(address: str) -> str:
    """The kind in an address: `storage.volume.data` is a `storage.volume`. Raises InvalidAddress or UnknownKind."""
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise InvalidAddress(f"{address!r} is not an address of the form kind.name")
    if match["kind"] not in KINDS:
        raise UnknownKind(f"{match['kind']!r} is none of {', '.join(sorted(KINDS))}")
    return match["kind"]

"""The configuration in force, as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.config.domain import references
from services.config.domain.documents import Document
from services.config.ports import Ports
from shared.errors import NotFound, ValidationFailed
from shared.kernel.context import current
from shared.web.permissions import ensure_allowed


class ReferenceUnresolved(ValidationFailed):
    """A secret that the configuration refers to doesn't exist, or has no such field."""

    code = "secret_reference_unresolved"


def read_effective(ports: Ports, environment_name: str, resolve: bool) -> Document:
    """The configuration in force, with secret references as they are or, for who may read secrets, resolved.

    Raises NotFound, Forbidden, ReferenceUnresolved, ConsulUnavailable, and ServiceUnavailable while Vault is sealed.
    """
    if resolve:
        ensure_allowed(current().caller, "secrets:read")
    found = ports.documents.find(environment_name)
    if found is None:
        raise NotFound(f"nothing is published for {environment_name}")
    document = found.document
    if not resolve:
        return document
    return Document(document.environment, document.revision, _resolved(ports, document.values))


def _resolved(ports: Ports, values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the values with every reference replaced; each secret is read once. Raises ReferenceUnresolved."""
    read_before: dict[str, dict[str, Any]] = {}

    def lookup(reference: references.Reference) -> Any:
        if reference.path not in read_before:
            read_before[reference.path] = _secret_data(ports, reference.path)
        if reference.field not in read_before[reference.path]:
            raise ReferenceUnresolved(f"the secret {reference.path} has no field {reference.field}")
        return read_before[reference.path][reference.field]

    resolved: dict[str, Any] = references.resolved(values, lookup)
    return resolved


def _secret_data(ports: Ports, path: str) -> dict[str, Any]:
    try:
        return dict(ports.secrets.read(path)["data"])
    except NotFound as error:
        raise ReferenceUnresolved(f"there is no secret {path}") from error

"""Use cases around configurations: edit layers, publish, read, roll back.

A publication is one compare-and-set of one key in Consul, the last step before the commit: readers see the revision
before or the one after. When the commit itself fails after it, the revision is in force and missing in the history;
the next one is numbered above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.config import events
from services.config.domain import references
from services.config.domain.documents import Document, decoded, encoded
from services.config.domain.layers import checked_layer, effective, origins
from services.config.domain.validation import check_schema, check_values
from services.config.models import Environment, Layer, Revision
from services.config.repository import environments, layers, revisions
from services.config.state import document_key, kv, secrets, tenant_prefix
from shared.errors import Conflict, NotFound, ValidationFailed
from shared.infra.consul_kv import Entry
from shared.infra.db.django import check_version
from shared.kernel.context import current
from shared.utils.ids import new_id
from shared.web.permissions import ensure_allowed


class PublishConflict(Conflict):
    """Somebody else published meanwhile."""

    code = "publish_conflict"


class ReferenceUnresolved(ValidationFailed):
    """A secret that the configuration refers to doesn't exist, or has no such field."""

    code = "secret_reference_unresolved"


def set_layer(environment_name: str, name: str, values: Mapping[str, Any], expected_version: int | None) -> Layer:
    """Set a layer; nobody sees it before the next publication.

    Raises UnknownLayer, InvalidReference, VersionConflict.
    """
    checked_layer(name)
    for _ in references.found_in(values):
        pass
    environment = environments.named_or_new(environment_name)
    present = layers.find(environment, name)
    if present is not None:
        check_version(present, expected_version)
    layer = layers.put(environment, name, dict(values))
    events.layer_changed(environment, layer)
    return layer


def publish(environment_name: str, schema: Mapping[str, Any] | None) -> Revision:
    """Merge the layers, validate the result, and publish it as the next revision.

    A schema that is given holds from now on. Raises NotFound, InvalidSchema, SchemaViolation, PublishConflict,
    ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    if schema is not None:
        check_schema(schema)
        environment.schema = dict(schema)
    return _put_in_force(environment, effective(layers.values_of(environment)))


def roll_back(environment_name: str, revision: int) -> Revision:
    """Publish the values of an earlier revision again, as a new one; the layers stay as they are.

    Raises NotFound, SchemaViolation, PublishConflict, ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    earlier = revisions.numbered(environment, revision)
    return _put_in_force(environment, earlier.values, rolled_back_to=revision)


def read(environment_name: str, resolve: bool) -> Document:
    """The configuration in force, with secret references as they are or, for who may read secrets, resolved.

    Raises NotFound, Forbidden, ReferenceUnresolved, ConsulUnavailable, and ServiceUnavailable while Vault is sealed.
    """
    if resolve:
        ensure_allowed(current().caller, "secrets:read")
    entry = kv().get(document_key(environment_name))
    if entry is None:
        raise NotFound(f"nothing is published for {environment_name}")
    document = decoded(entry.value)
    if not resolve:
        return document
    return Document(document.environment, document.revision, resolve_secrets(document.values))


def resolve_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the values with every reference replaced; each secret is read once. Raises ReferenceUnresolved."""
    read_before: dict[str, dict[str, Any]] = {}

    def lookup(reference: references.Reference) -> Any:
        if reference.path not in read_before:
            read_before[reference.path] = _secret_data(reference.path)
        if reference.field not in read_before[reference.path]:
            raise ReferenceUnresolved(f"the secret {reference.path} has no field {reference.field}")
        return read_before[reference.path][reference.field]

    resolved: dict[str, Any] = references.resolved(values, lookup)
    return resolved


def explain(environment_name: str) -> dict[str, Any]:
    """What a publication would contain now, and which layer sets each top-level key. Raises NotFound."""
    environment = environments.named(environment_name)
    found = layers.values_of(environment)
    return {"environment": environment_name, "values": effective(found), "origins": origins(found)}


def remove_everything() -> None:
    """Remove all configurations of a tenant that is gone."""
    kv().delete_prefix(tenant_prefix())
    environments.delete_all()


def _secret_data(path: str) -> dict[str, Any]:
    try:
        return dict(secrets().read(path)["data"])
    except NotFound as error:
        raise ReferenceUnresolved(f"there is no secret {path}") from error


def _put_in_force(environment: Environment, values: dict[str, Any], rolled_back_to: int | None = None) -> Revision:
    """Make the values the next revision of an environment that the caller holds."""
    if environment.schema is not None:
        check_values(values, environment.schema)
    key = document_key(environment.name)
    entry = kv().get(key)
    number = max(revisions.newest(environment), _revision_in(entry)) + 1
    revision = revisions.add(
        Revision(
            id=new_id("rev"),
            tenant_id=environment.tenant_id,
            environment=environment,
            revision=number,
            values=values,
            rolled_back_to=rolled_back_to,
            published_by=current().caller.responsible,
        )
    )
    environment.revision = number
    environments.save(environment)
    events.published(environment, revision)
    document = encoded(Document(environment.name, number, values))
    if not kv().put(key, document, cas=entry.modify_index if entry else 0):
        raise PublishConflict("somebody else published this environment meanwhile; read it and publish again")
    return revision


def _revision_in(entry: Entry | None) -> int:
    return 0 if entry is None else decoded(entry.value).revision

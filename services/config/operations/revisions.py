"""Revisions: publish the layers, or an earlier revision again.

A publication is one compare-and-set of one key in Consul, the last step before the commit: readers see the revision
before or the one after. When the commit itself fails after it, the revision is in force and missing in the history;
the next one is numbered above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.config import published
from services.config.domain.documents import Document
from services.config.domain.layers import effective
from services.config.domain.validation import check_schema, check_values
from services.config.models import Environment, Revision
from services.config.ports import Ports
from services.config.ports.documents import ABSENT
from services.config.repository import environments, layers, revisions
from shared.errors import Conflict
from shared.kernel.context import current
from shared.utils.ids import new_id


class PublishConflict(Conflict):
    """Somebody else published meanwhile."""

    code = "publish_conflict"


def publish_revision(ports: Ports, environment_name: str, schema: Mapping[str, Any] | None) -> Revision:
    """Merge the layers, validate the result, and publish it as the next revision.

    A schema that is given holds from now on. Raises NotFound, InvalidSchema, SchemaViolation, PublishConflict,
    ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    if schema is not None:
        check_schema(schema)
        environment.schema = dict(schema)
    return _put_in_force(ports, environment, effective(layers.values_of(environment)))


def roll_back(ports: Ports, environment_name: str, revision: int) -> Revision:
    """Publish the values of an earlier revision again, as a new one; the layers stay as they are.

    Raises NotFound, SchemaViolation, PublishConflict, ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    earlier = revisions.numbered(environment, revision)
    return _put_in_force(ports, environment, earlier.values, rolled_back_to=revision)


def _put_in_force(
    ports: Ports, environment: Environment, values: dict[str, Any], rolled_back_to: int | None = None
) -> Revision:
    """Make the values the next revision of an environment that the caller holds."""
    if environment.schema is not None:
        check_values(values, environment.schema)
    present = ports.documents.find(environment.name)
    number = max(revisions.newest(environment), present.document.revision if present else 0) + 1
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
    published.environment_published(environment, revision)
    if not ports.documents.put(Document(environment.name, number, values), present.index if present else ABSENT):
        raise PublishConflict("somebody else published this environment meanwhile; read it and publish again")
    return revision

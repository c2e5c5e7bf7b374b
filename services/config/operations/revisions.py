"""Revisions: publish the layers, or an earlier revision again.

A publication is one compare-and-set of one key in Consul, the last step before the commit: readers see the revision
before or the one after. When the commit itself fails after it, the revision is in force and missing in the history. So
the document says all that its record needs, and whoever finds it unrecorded writes that down: the same request, when
it is repeated, the next publication, or the watch of what is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.config import published
from services.config.domain.documents import (
    MAX_VALUES_BYTES,
    Document,
    Publication,
    check_document,
    request_digest,
)
from services.config.domain.layers import effective
from services.config.domain.validation import check_values
from services.config.models import Environment, Revision
from services.config.ports import Ports
from services.config.ports.documents import ABSENT, PublishedDocument
from services.config.repository import check_version, environments, layers, revisions
from shared.errors import Conflict
from shared.kernel.context import current
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.web.idempotency import KEEP_HOURS


class PublishConflict(Conflict):
    """Somebody else published meanwhile."""

    code = "publish_conflict"


def publish_revision(
    ports: Ports, environment_name: str, schema: Mapping[str, Any] | None, expected_version: EntityTags | None
) -> Revision:
    """Merge the layers, validate the result, and publish it as the next revision.

    A schema that is given holds from now on. Raises NotFound, VersionConflict, InvalidSchema, InvalidRegularExpression,
    InvalidDocument, DocumentTooLarge, SchemaViolation, PublishConflict, ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    present = ports.documents.find(environment.name)
    done = _done_before(environment, present)
    if done is not None:
        return done
    check_version(environment, expected_version)
    if schema is not None:
        environment.schema = dict(schema)
    return _put_in_force(ports, environment, present, effective(layers.values_of(environment)))


def roll_back(ports: Ports, environment_name: str, revision: int, expected_version: EntityTags | None) -> Revision:
    """Publish the values of an earlier revision again, as a new one; the layers stay as they are.

    Raises NotFound, VersionConflict, SchemaViolation, PublishConflict, ConsulUnavailable.
    """
    environment = environments.named(environment_name, lock=True)
    present = ports.documents.find(environment.name)
    done = _done_before(environment, present)
    if done is not None:
        return done
    check_version(environment, expected_version)
    earlier = revisions.numbered(environment, revision)
    return _put_in_force(ports, environment, present, earlier.values, rolled_back_to=revision)


def record_in_force(ports: Ports, environment_name: str) -> Revision | None:
    """Write the revision in force down in the history, if it is missing there; it, or None when nothing is missing."""
    environment = environments.find(environment_name, lock=True)
    if environment is None:
        return None
    return _record_missing(environment, ports.documents.find(environment.name))


def _put_in_force(
    ports: Ports,
    environment: Environment,
    present: PublishedDocument | None,
    values: dict[str, Any],
    rolled_back_to: int | None = None,
) -> Revision:
    """Make the values the next revision of an environment that the caller holds, after the present one."""
    check_document(values, MAX_VALUES_BYTES)
    if environment.schema is not None:
        check_values(values, environment.schema)
    context = current()
    number = max(revisions.newest(environment), present.document.revision if present else 0) + 1
    publication = Publication(
        id=new_id("rev"),
        published_by=context.caller.responsible,
        rolled_back_to=rolled_back_to,
        schema=environment.schema,
        request=request_digest(context.tenant_id, context.idempotency_key),
    )
    document = Document(environment.name, number, values, publication)
    revision = _record(environment, document, publication)
    if not ports.documents.put(document, present.index if present else ABSENT):
        raise PublishConflict("somebody else published this environment meanwhile; read it and publish again")
    return revision


def _done_before(environment: Environment, present: PublishedDocument | None) -> Revision | None:
    """The revision that this very request put in force before, when its commit failed.

    It is the same request for as long as its key is kept; after that the key is anybody's again, for something new.
    """
    _record_missing(environment, present)
    context = current()
    request = request_digest(context.tenant_id, context.idempotency_key)
    kept_since = context.clock.now() - timedelta(hours=KEEP_HOURS)
    return None if request is None else revisions.of_request(environment, request, kept_since)


def _record_missing(environment: Environment, present: PublishedDocument | None) -> Revision | None:
    """Write down what is in force in an environment that the caller holds, if the history lacks it."""
    if present is None or present.document.publication is None:
        return None
    document, publication = present.document, present.document.publication
    if revisions.recorded(environment, document.revision):
        return None
    environment.schema = publication.schema
    return _record(environment, document, publication)


def _record(environment: Environment, document: Document, publication: Publication) -> Revision:
    """Write a revision into the history, and tell of it."""
    revision = revisions.add(
        Revision(
            id=publication.id,
            tenant_id=environment.tenant_id,
            environment=environment,
            revision=document.revision,
            values=document.values,
            rolled_back_to=publication.rolled_back_to,
            published_by=publication.published_by,
            request=publication.request,
        )
    )
    environment.revision = max(environment.revision, document.revision)
    environments.save(environment)
    published.environment_published(environment, revision)
    return revision

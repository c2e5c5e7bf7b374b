"""Presigned URLs: made for a caller who may do the thing now, used by a bearer without an identity later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from sqlalchemy.orm import Session

from services.storage.domain import presigned_urls as rules
from services.storage.domain.objects import valid_object_key
from services.storage.operations import standings
from services.storage.ports import Ports
from services.storage.repository import BucketRepository
from shared.kernel.context import current, current_tenant, service_context
from shared.kernel.tracing import Work

BEYOND_SECONDS = 10**9
"""Longer than any URL may be good for: what is larger still makes no difference, and may be no span of time."""


@dataclass(frozen=True)
class PresignedUrl:
    """A URL and its end."""

    url: str
    method: str
    expires_at: datetime


def make(
    session: Session, ports: Ports, bucket_name: str, key: str, method: str, expires_in: int, version_id: str
) -> PresignedUrl:
    """A URL for one method on one object. Raises NoSuchBucket, InvalidObjectKey or InvalidPresign."""
    bucket = BucketRepository(session).named(bucket_name)
    allowed = rules.grant(
        method,
        current_tenant(),
        bucket.name,
        valid_object_key(key),
        version_id,
        timedelta(seconds=min(max(expires_in, 0), BEYOND_SECONDS)),
        ports.clock.now(),
        current().caller.responsible,
    )
    query = {
        "expires": allowed.expires_at,
        "signer": allowed.signer,
        "signed": allowed.signed_at,
        "signature": rules.sign(allowed, ports.settings.signing_secret),
    }
    if version_id:
        query["version_id"] = version_id
    path = f"/v1/signed/{allowed.tenant_id}/{allowed.bucket}/{quote(allowed.key)}?{urlencode(query)}"
    return PresignedUrl(ports.settings.public_url + path, method, datetime.fromtimestamp(allowed.expires_at, UTC))


def verify(ports: Ports, asked: rules.Grant, signature: str) -> None:
    """Whether exactly this request was signed, for now. Raises SignatureMismatch or UrlExpired."""
    rules.verify(asked, signature, ports.settings.signing_secret, ports.clock.now())


@contextmanager
def admitted(session: Session, asked: rules.Grant) -> Iterator[None]:
    """Act in the tenant that signed, if it and whoever signed may still act.

    Raises UrlRevoked, TenantSuspended or TenantClosed.
    """
    context = current()
    with service_context(
        "storage",
        asked.tenant_id,
        context.clock,
        actor="presigned-url",
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        tracestate=context.tracestate,
        deadline=context.deadline,
        work=Work("serve a presigned URL"),
    ):
        standings.ensure_active(session)
        rules.ensure_signer(asked, standings.right_ended_at(session, asked.signer))
        yield

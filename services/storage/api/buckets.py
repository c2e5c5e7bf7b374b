"""Buckets and presigned URLs."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import PortsOf
from services.storage.operations import buckets, presigned
from services.storage.operations.presigned import PresignedUrl
from services.storage.repository import BucketRepository
from services.storage.schemas import BucketChange, BucketCreate, BucketOut, PageOut, PresignCreate, PresignOut
from services.storage.tables import Bucket
from shared.kernel.context import RequestContext
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires

router = ApiRouter(tags=["buckets"])
READ, WRITE = "storage:read", "storage:write"


@router.post("/buckets", status_code=201, response_model=BucketOut)
def create(
    body: BucketCreate, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Bucket:
    """Create a bucket."""
    return buckets.create(session, ports, body.name, body.versioning)


@router.get("/buckets", response_model=PageOut[BucketOut])
def list_buckets(page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()) -> Page[Bucket]:
    """The tenant's buckets."""
    return BucketRepository(session).page(page)


@router.get("/buckets/{name}", response_model=BucketOut)
def get(name: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Bucket:
    """One bucket."""
    return BucketRepository(session).named(name)


@router.patch("/buckets/{name}", response_model=BucketOut)
def change(
    name: str,
    body: BucketChange,
    version: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Bucket:
    """Change versioning or lifecycle rules."""
    rules = None if body.lifecycle is None else [rule.model_dump() for rule in body.lifecycle]
    return buckets.change(session, name, versioning=body.versioning, lifecycle=rules, expected=version)


@router.delete("/buckets/{name}", status_code=204)
def delete(name: str, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """Delete an empty bucket."""
    buckets.delete(session, ports, name)
    return Response(status_code=204)


@router.post("/buckets/{name}/presigned-urls", status_code=201, response_model=PresignOut)
def presign(
    name: str,
    body: PresignCreate,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> PresignedUrl:
    """A URL that lets whoever has it do one thing with one object until it expires."""
    return presigned.make(session, ports, name, body.key, body.method, body.expires_in, body.version_id)

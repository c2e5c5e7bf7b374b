"""Buckets."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE
from services.storage.domain.lifecycle import Rule
from services.storage.operations import buckets
from services.storage.ports import Ports
from services.storage.repository import BucketRepository
from services.storage.schemas import BucketChange, BucketCreate, BucketOut, LifecycleRule
from services.storage.tables import Bucket
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["buckets"])


@router.post("/buckets", status_code=201, response_model=BucketOut, dependencies=[requires(WRITE)])
def create(body: BucketCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Bucket:
    """Create a bucket."""
    return buckets.create(session, ports, body.name, body.versioning, as_rules(body.lifecycle))


@router.get("/buckets", response_model=PageOut[BucketOut], dependencies=[requires(READ)])
def list_buckets(page: PageQuery, session: Session = database()) -> Page[Bucket]:
    """The tenant's buckets."""
    return BucketRepository(session).page(page)


@router.get("/buckets/{name}", response_model=BucketOut, dependencies=[requires(READ)])
def get(name: str, session: Session = database()) -> Bucket:
    """One bucket."""
    return BucketRepository(session).named(name)


@router.patch("/buckets/{name}", response_model=BucketOut, dependencies=[requires(WRITE)])
def change(name: str, body: BucketChange, version: ExpectedVersion, session: Session = database()) -> Bucket:
    """Change versioning or lifecycle rules."""
    rules = None if body.lifecycle is None else as_rules(body.lifecycle)
    return buckets.change(session, name, versioning=body.versioning, lifecycle=rules, expected=version)


@router.delete("/buckets/{name}", status_code=204, dependencies=[requires(WRITE)])
def delete(name: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Delete an empty bucket."""
    buckets.delete(session, name, version)
    return Response(status_code=204)


def as_rules(rules: Sequence[LifecycleRule]) -> list[Rule]:
    """Lifecycle rules as they came. Raises InvalidLifecycle."""
    return [Rule(**rule.model_dump()) for rule in rules]

"""Objects of a bucket. Keys may hold slashes, so they are the rest of the path."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Annotated

from fastapi import Header, Response
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE, RawBody
from services.storage.operations import objects
from services.storage.operations.objects import Conditions
from services.storage.ports import Ports
from services.storage.schemas import DeletionOut, ListedObjectOut, ListingOut, ObjectOut, VersionOut, VersionsOut
from services.storage.tables import ObjectVersion
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter(tags=["objects"])
OBJECT = "/buckets/{name}/objects/{key:path}"
DEFAULT_TYPE = "application/octet-stream"

OptionalHeader = Annotated[str | None, Header()]


@router.get("/buckets/{name}/objects", response_model=ListingOut, dependencies=[requires(READ)])
def list_objects(
    name: str,
    prefix: str = "",
    delimiter: str = "",
    after: str = "",
    max_keys: int | None = None,
    session: Session = database(),
) -> ListingOut:
    """A page of keys in byte order, at most 1,000."""
    listed = objects.list_page(session, name, prefix=prefix, delimiter=delimiter, after=after, max_keys=max_keys)
    found = [_listed(key, listed.latest[key]) for key in listed.page.keys]
    return ListingOut(objects=found, common_prefixes=listed.page.common_prefixes, next_after=listed.page.next_after)


@router.get("/buckets/{name}/versions", response_model=VersionsOut, dependencies=[requires(READ)])
def list_versions(
    name: str, prefix: str = "", after: str = "", max_keys: int | None = None, session: Session = database()
) -> VersionsOut:
    """Versions and delete markers."""
    rows, next_after = objects.list_versions(session, name, prefix, after, max_keys)
    seen: set[str] = set()
    found = []
    for key, row in rows:
        found.append(
            VersionOut(
                key=key,
                version_id=row.version_id,
                is_latest=key not in seen,
                delete_marker=row.delete_marker,
                size=row.size,
                etag=row.etag,
                last_modified=row.created_at,
            )
        )
        seen.add(key)
    return VersionsOut(versions=found, next_after=next_after)


@router.put(OBJECT, response_model=ObjectOut, dependencies=[requires(WRITE)])
def put(
    name: str,
    key: str,
    content: RawBody,
    content_type: OptionalHeader = None,
    if_match: OptionalHeader = None,
    if_none_match: OptionalHeader = None,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> ObjectVersion:
    """Store an object, under a condition if one is given."""
    conditions = Conditions(if_match, if_none_match)
    return objects.put(session, ports, name, key, content, content_type or DEFAULT_TYPE, conditions)


@router.head(OBJECT, dependencies=[requires(READ)])
def head(name: str, key: str, version_id: str | None = None, session: Session = database()) -> Response:
    """What a GET would answer, without the content."""
    version = objects.read(session, name, key, version_id)
    headers = {**_headers(version), "Content-Length": str(version.size)}
    return Response(headers=headers, media_type=version.content_type)


@router.get(OBJECT, dependencies=[requires(READ)])
def get(
    name: str, key: str, version_id: str | None = None, session: Session = database(), ports: Ports = ports_of_app()
) -> Response:
    """The content of the latest version, or of the one asked for."""
    return content_answer(ports, objects.read(session, name, key, version_id))


@router.delete(OBJECT, response_model=DeletionOut, dependencies=[requires(WRITE)])
def delete(
    name: str, key: str, version_id: str | None = None, session: Session = database(), ports: Ports = ports_of_app()
) -> DeletionOut:
    """Delete: a marker on top in a versioned bucket, for good otherwise or by version."""
    deletion = objects.delete(session, ports, name, key, version_id)
    return DeletionOut(removed=deletion.removed, marker=deletion.marker)


def content_answer(ports: Ports, version: ObjectVersion) -> Response:
    """A version's content, whole and verified."""
    content = ports.store.get(ports.settings.object_bucket, version.blob)
    return Response(content, headers=_headers(version), media_type=version.content_type)


def _headers(version: ObjectVersion) -> dict[str, str]:
    # Without `nosniff` and `attachment` a tenant could serve pages that run under the platform's own origin.
    return {
        "ETag": f'"{version.etag}"',
        "X-Version-Id": version.version_id,
        "Last-Modified": format_datetime(version.created_at, usegmt=True),
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
    }


def _listed(key: str, version: ObjectVersion) -> ListedObjectOut:
    return ListedObjectOut(
        key=key,
        version_id=version.version_id,
        size=version.size,
        etag=version.etag,
        content_type=version.content_type,
        last_modified=version.created_at,
    )

"""Objects of a bucket. Keys may hold slashes, so they are the rest of the path."""

from __future__ import annotations

import base64
from email.utils import format_datetime
from typing import Annotated

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE, ConditionHeaders, OptionalHeader, ReceivedBody
from services.storage.domain.conditions import Conditions
from services.storage.domain.uploads import composite_sha256
from services.storage.operations import contents, listing, objects
from services.storage.operations.contents import Reading
from services.storage.ports import Ports
from services.storage.schemas import DeletionOut, ListedObjectOut, ListingOut, ObjectOut, VersionOut, VersionsOut
from services.storage.tables import ObjectVersion
from shared.infra.object_store import ObjectNotFound
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires
from shared.web.openapi import binary_answers
from shared.web.schemas import QueryNumber

router = ApiRouter(tags=["objects"])
OBJECT = "/buckets/{name}/objects/{key:path}"
DEFAULT_TYPE = "application/octet-stream"
OK, PARTIAL, NOT_MODIFIED = 200, 206, 304


async def _reading(
    conditions: ConditionHeaders, range: OptionalHeader = None, if_range: OptionalHeader = None
) -> Reading:
    return Reading(conditions, range, if_range)


ReadingHeaders = Annotated[Reading, Depends(_reading)]
"""Parameter type: conditions and range of a read."""


@router.get("/buckets/{name}/objects", response_model=ListingOut, dependencies=[requires(READ)])
def list_objects(
    name: str,
    prefix: str = "",
    delimiter: str = "",
    after: str = "",
    max_keys: QueryNumber | None = None,
    session: Session = database(),
) -> ListingOut:
    """A page of keys in byte order, at most 1,000."""
    listed = listing.list_page(session, name, prefix=prefix, delimiter=delimiter, after=after, max_keys=max_keys)
    found = [_listed(key, listed.latest[key]) for key in listed.page.keys]
    return ListingOut(objects=found, common_prefixes=listed.page.common_prefixes, next_after=listed.page.next_after)


@router.get("/buckets/{name}/versions", response_model=VersionsOut, dependencies=[requires(READ)])
def list_versions(
    name: str,
    prefix: str = "",
    after: str = "",
    after_version_id: str = "",
    max_keys: QueryNumber | None = None,
    session: Session = database(),
) -> VersionsOut:
    """A page of versions and delete markers, at most 1,000 of them together."""
    page = listing.list_versions(
        session, name, prefix=prefix, after=after, after_version=after_version_id, max_keys=max_keys
    )
    found = [
        VersionOut(
            key=key,
            version_id=row.version_id,
            is_latest=row.superseded_at is None,
            delete_marker=row.delete_marker,
            size=row.size,
            etag=row.etag,
            last_modified=row.created_at,
        )
        for key, row in page.versions
    ]
    return VersionsOut(versions=found, next_after=page.next_after, next_after_version_id=page.next_version)


@router.put(OBJECT, response_model=ObjectOut, dependencies=[requires(WRITE)])
def put(
    name: str,
    key: str,
    body: ReceivedBody,
    conditions: ConditionHeaders,
    content_type: OptionalHeader = None,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> ObjectVersion:
    """Store an object, under a condition if one is given. Up to 256 MiB at a time: larger ones go in parts."""
    return objects.put(session, ports, name, key, body, content_type or DEFAULT_TYPE, write_conditions(conditions))


@router.head(OBJECT, response_class=Response, dependencies=[requires(READ)], responses={405: {}})
def head(
    name: str, key: str, reading: ReadingHeaders, version_id: str | None = None, session: Session = database()
) -> Response:
    """What a GET would answer, without the content."""
    return head_answer(objects.read(session, name, key, version_id), reading)


@router.get(
    OBJECT,
    response_class=Response,
    dependencies=[requires(READ)],
    responses={**binary_answers("The content", OK, PARTIAL), 405: {}},
)
def get(
    name: str,
    key: str,
    reading: ReadingHeaders,
    version_id: str | None = None,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Response:
    """The content of the latest version, or of the one asked for: all of it or a range, if the client hasn't got it."""
    return read_answer(session, ports, name, key, version_id, reading)


@router.delete(OBJECT, response_model=DeletionOut, dependencies=[requires(WRITE)])
def delete(
    name: str,
    key: str,
    conditions: ConditionHeaders,
    version_id: str | None = None,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> DeletionOut:
    """Delete: a marker on top in a versioned bucket, for good otherwise or by version."""
    deletion = objects.delete(session, ports, name, key, version_id, write_conditions(conditions))
    return DeletionOut(removed=deletion.removed, marker=deletion.marker)


def write_conditions(conditions: Conditions) -> Conditions:
    """Those that a write honours: entity tags. Dates are too coarse to tell two writers apart."""
    return Conditions(conditions.if_match, conditions.if_none_match)


def head_answer(version: ObjectVersion, reading: Reading) -> Response:
    """What is to be said of a version. A range means nothing here (RFC 9110 §14.2)."""
    if not contents.is_wanted(version, reading):
        return Response(status_code=NOT_MODIFIED, headers=_validators(version))
    return Response(headers={**_headers(version), "Content-Length": str(version.size)})


def read_answer(
    session: Session, ports: Ports, name: str, key: str, version_id: str | None, reading: Reading
) -> Response:
    """The content of a version. Where it is gone by now it was replaced or deleted meanwhile, and what there is then is
    answered: a key that has content all the time has some for whoever reads it.
    """
    version = objects.read(session, name, key, version_id)
    objects.let_go(session)
    try:
        return content_answer(ports, version, reading)
    except ObjectNotFound:
        present = objects.read(session, name, key, version_id)
        if present.id == version.id:
            raise
    objects.let_go(session)
    return content_answer(ports, present, reading)


def content_answer(ports: Ports, version: ObjectVersion, reading: Reading) -> Response:
    """A version's content or a range of it, verified; nothing of it where the client has it."""
    if not contents.is_wanted(version, reading):
        return Response(status_code=NOT_MODIFIED, headers=_validators(version))
    portion = contents.portion(ports, version, reading)
    headers = {**_headers(version), "Content-Length": str(portion.length)}
    if portion.range is not None:
        headers["Content-Range"] = f"bytes {portion.range.first}-{portion.range.last}/{version.size}"
    status = OK if portion.range is None else PARTIAL
    if portion.held is not None:
        return Response(portion.held, status, headers)
    return StreamingResponse(portion.chunks, status, headers)


def _validators(version: ObjectVersion) -> dict[str, str]:
    """By what a client recognises the version later; all that a 304 needs (RFC 9110 §15.4.5)."""
    return {
        "ETag": f'"{version.etag}"',
        "X-Version-Id": version.version_id,
        "Last-Modified": format_datetime(version.created_at, usegmt=True),
    }


def _headers(version: ObjectVersion) -> dict[str, str]:
    # Without `nosniff` and `attachment` a tenant could serve pages that run under the platform's own origin. The type
    # is one of the headers: as the framework's media type it would come back with a character set added.
    return {
        **_validators(version),
        "Content-Type": version.content_type,
        "Accept-Ranges": "bytes",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        **_digests(version),
    }


def _digests(version: ObjectVersion) -> dict[str, str]:
    """The digest of the whole content (RFC 9530), or of its parts' digests where it came in parts."""
    digests = [sha256 for _, sha256 in version.pieces if sha256]
    if len(digests) < max(1, len(version.pieces)):
        return {}
    if "-" in version.etag:
        return {"X-Checksum-Sha256": composite_sha256(digests)}
    return {"Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(digests[0])).decode()}:"}


def _listed(key: str, version: ObjectVersion) -> ListedObjectOut:
    return ListedObjectOut(
        key=key,
        version_id=version.version_id,
        size=version.size,
        etag=version.etag,
        content_type=version.content_type,
        last_modified=version.created_at,
    )

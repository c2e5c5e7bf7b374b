"""Multi-part uploads."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Response
from pydantic import BeforeValidator
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE, ConditionHeaders, ReceivedBody
from services.storage.api.objects import write_conditions
from services.storage.operations import uploads
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, UploadRepository
from services.storage.schemas import ObjectOut, PartOut, PartsOut, UploadComplete, UploadCreate, UploadOut
from services.storage.tables import ObjectVersion, Upload, UploadPart
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["uploads"])
UPLOAD = "/buckets/{name}/uploads/{upload_id}"


def _digits(text: str) -> str:
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        raise ValueError("a part number is written in digits")
    return text


PartNumber = Annotated[int, BeforeValidator(_digits)]
"""In the path: one number has one spelling, and `1.0` is none. What is out of range is for the rules to refuse."""


@router.post("/buckets/{name}/uploads", status_code=201, response_model=UploadOut, dependencies=[requires(WRITE)])
def start(name: str, body: UploadCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Upload:
    """Begin an upload."""
    return uploads.start(session, ports, name, body.key, body.content_type)


@router.get("/buckets/{name}/uploads", response_model=PageOut[UploadOut], dependencies=[requires(READ)])
def list_uploads(name: str, page: PageQuery, session: Session = database()) -> Page[Upload]:
    """The bucket's unfinished uploads."""
    return UploadRepository(session).page(page, Upload.bucket_id == BucketRepository(session).named(name).id)


@router.get(UPLOAD, response_model=UploadOut, dependencies=[requires(READ)])
def get(name: str, upload_id: str, session: Session = database()) -> Upload:
    """One unfinished upload."""
    return uploads.get(session, name, upload_id)


@router.put(UPLOAD + "/parts/{number}", response_model=PartOut, dependencies=[requires(WRITE)])
def put_part(
    name: str,
    upload_id: str,
    number: PartNumber,
    body: ReceivedBody,
    conditions: ConditionHeaders,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> UploadPart:
    """Store one part of 5 to 256 MiB, the last one of any size, under a condition on the part of that number if one
    is given. 10,000 parts make an object of up to 2.4 TiB.
    """
    return uploads.put_part(session, ports, name, upload_id, number, body, write_conditions(conditions))


@router.get(UPLOAD + "/parts", response_model=PartsOut, dependencies=[requires(READ)])
def list_parts(name: str, upload_id: str, session: Session = database()) -> PartsOut:
    """The parts that have arrived."""
    return PartsOut(parts=[PartOut.model_validate(part) for part in uploads.parts(session, name, upload_id)])


@router.post(UPLOAD + "/complete", response_model=ObjectOut, dependencies=[requires(WRITE)])
def complete(
    name: str,
    upload_id: str,
    body: UploadComplete,
    conditions: ConditionHeaders,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> ObjectVersion:
    """Make the object of its parts, under a condition if one is given."""
    listed = [(part.number, part.etag) for part in body.parts]
    return uploads.complete(session, ports, name, upload_id, listed, write_conditions(conditions))


@router.delete(UPLOAD, status_code=204, dependencies=[requires(WRITE)])
def abort(name: str, upload_id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Give the upload up."""
    uploads.abort(session, name, upload_id, version)
    return Response(status_code=204)

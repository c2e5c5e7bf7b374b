"""Multi-part uploads."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE, ConditionHeaders, ReceivedBody, StorageRouter
from services.storage.api.objects import write_conditions
from services.storage.operations import uploads
from services.storage.ports import Ports
from services.storage.schemas import ObjectOut, PartOut, PartsOut, UploadComplete, UploadCreate, UploadOut
from services.storage.tables import ObjectVersion, Upload, UploadPart
from shared.web.fastapi import database, ports_of_app, requires

router = StorageRouter("uploads")
UPLOAD = "/buckets/{name}/uploads/{upload_id}"


@router.post("/buckets/{name}/uploads", status_code=201, response_model=UploadOut, dependencies=[requires(WRITE)])
def start(name: str, body: UploadCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Upload:
    """Begin an upload."""
    return uploads.start(session, ports, name, body.key, body.content_type)


@router.put(UPLOAD + "/parts/{number}", response_model=PartOut, dependencies=[requires(WRITE)])
def put_part(
    name: str,
    upload_id: str,
    number: int,
    body: ReceivedBody,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> UploadPart:
    """Store one part."""
    return uploads.put_part(session, ports, name, upload_id, number, body)


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
def abort(name: str, upload_id: str, session: Session = database(), ports: Ports = ports_of_app()) -> Response:
    """Give the upload up."""
    uploads.abort(session, ports, name, upload_id)
    return Response(status_code=204)

"""Where presigned URLs lead. There is no identity: the signature says what may be done."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from services.storage.api.common import PortsOf, RawBody
from services.storage.api.objects import DEFAULT_TYPE, content_answer
from services.storage.domain.presign import METHODS, Grant
from services.storage.operations import objects, presigned
from services.storage.operations.objects import Conditions
from services.storage.schemas import DeletionOut, ObjectOut
from shared.web.fastapi import ApiRouter, database

router = ApiRouter(tags=["presigned"])


@router.api_route("/signed/{tenant_id}/{name}/{key:path}", methods=sorted(METHODS), include_in_schema=False)
def use(
    request: Request,
    tenant_id: str,
    name: str,
    key: str,
    expires: int,
    signature: str,
    ports: PortsOf,
    content: RawBody,
    version_id: str = "",
    session: Session = database(),
) -> Response:
    """Do the one thing that was signed."""
    asked = Grant(request.method, tenant_id, name, key, version_id, expires)
    with presigned.admitted(ports, asked, signature):
        if request.method == "PUT":
            content_type = request.headers.get("content-type", DEFAULT_TYPE)
            stored = objects.put(session, ports, name, key, content, content_type, Conditions())
            return JSONResponse(ObjectOut.model_validate(stored).model_dump())
        if request.method == "DELETE":
            deletion = objects.delete(session, ports, name, key, version_id or None)
            return JSONResponse(DeletionOut(removed=deletion.removed, marker=deletion.marker).model_dump())
        return content_answer(ports, objects.read(session, name, key, version_id or None))

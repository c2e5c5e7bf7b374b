"""Presigned URLs: made for a caller who may do the thing; where they lead the signature says what may be done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from services.storage.api.common import WRITE, OptionalHeader, receiving
from services.storage.api.objects import (
    DEFAULT_TYPE,
    OK,
    PARTIAL,
    ReadingHeaders,
    head_answer,
    read_answer,
    write_conditions,
)
from services.storage.domain.presigned_urls import METHODS, Grant
from services.storage.operations import objects, presigned_urls
from services.storage.operations.bodies import Body
from services.storage.operations.presigned_urls import PresignedUrl
from services.storage.ports import Ports
from services.storage.schemas import DeletionOut, ObjectOut, PresignCreate, PresignOut
from shared.web.fastapi import ApiRouter, database, given_once, ports_of_app, requires, takes
from shared.web.openapi import binary_answers, binary_body
from shared.web.schemas import QueryNumber

router = ApiRouter(tags=["presigned"])


@router.post(
    "/buckets/{name}/presigned-urls",
    status_code=201,
    response_model=PresignOut,
    dependencies=[requires(WRITE), given_once()],
)
def presign(
    name: str, body: PresignCreate, session: Session = database(), ports: Ports = ports_of_app()
) -> PresignedUrl:
    """A URL that lets whoever has it do one thing with one object until it expires."""
    return presigned_urls.make(session, ports, name, body.key, body.method, body.expires_in, body.version_id)


async def _signed(
    request: Request,
    tenant_id: str,
    name: str,
    key: str,
    expires: QueryNumber,
    signature: str,
    version_id: str = "",
    signer: str = "",
    signed: QueryNumber = 0,
    ports: Ports = ports_of_app(),
) -> Grant:
    asked = Grant(request.method, tenant_id, name, key, version_id, expires, signer, signed)
    presigned_urls.verify(ports, asked, signature)
    return asked


Signed = Annotated[Grant, Depends(_signed)]
"""Parameter type: what the request asks for, and is signed for."""


@takes("*/*")
async def _received(
    request: Request, asked: Signed, content_length: OptionalHeader = None, content_md5: OptionalHeader = None
) -> AsyncIterator[Body]:
    async with receiving(request, content_length, content_md5) as body:
        yield body


SignedBody = Annotated[Body, Depends(_received)]
"""Parameter type: the body of what is signed for. Of anything else none is taken in."""


def use(
    request: Request,
    asked: Signed,
    body: SignedBody,
    reading: ReadingHeaders,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Response:
    """Do the one thing that was signed, under the conditions of the request."""
    name, key, version_id = asked.bucket, asked.key, asked.version_id
    conditions = write_conditions(reading.conditions)
    with presigned_urls.admitted(session, asked):
        if request.method == "PUT":
            content_type = request.headers.get("content-type", DEFAULT_TYPE)
            stored = objects.put(session, ports, name, key, body, content_type, conditions)
            return JSONResponse(ObjectOut.model_validate(stored).model_dump())
        if request.method == "DELETE":
            deletion = objects.delete(session, ports, name, key, version_id or None, conditions)
            return JSONResponse(DeletionOut(removed=deletion.removed, marker=deletion.marker).model_dump())
        if request.method == "HEAD":
            return head_answer(objects.read(session, name, key, version_id or None), reading)
        return read_answer(session, ports, name, key, version_id or None, reading)


ANSWERS: dict[str, dict[int | str, dict[str, Any]]] = {
    "GET": binary_answers("The content", OK, PARTIAL),
    "HEAD": {},
    "PUT": {OK: {"model": ObjectOut}},
    "DELETE": {OK: {"model": DeletionOut}},
}
TAKEN = {"DELETE": {"requestBody": {**binary_body("*/*"), "required": False}}}
"""A deletion needs no body; one that comes is passed over."""
for method in sorted(METHODS):  # An operation each, since they are answered differently.
    router.add_api_route(
        "/signed/{tenant_id}/{name}/{key:path}",
        use,
        methods=[method],
        response_class=Response,
        responses=ANSWERS[method] | {405: {}},
        openapi_extra=TAKEN.get(method),
    )

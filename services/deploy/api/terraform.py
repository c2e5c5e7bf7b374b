"""Terraform's HTTP backend. Set `address`, `lock_address` and `unlock_address` to `…/v1/states/<workspace>`.

`username` is any name, `password` an API key or an access token. `update_method` may be POST or PUT. Where something on
the way lets no LOCK through, both lock addresses are `…/v1/states/<workspace>/lock`, `lock_method` is POST or PUT and
`unlock_method` is DELETE.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import terraform
from services.deploy.ports import Ports
from shared.web.fastapi import ApiRouter, ExpectedVersion, database, ports_of_app, requires, takes
from shared.web.spooling import SpooledBody, declared_size

router = ApiRouter(tags=["terraform"])
STATE = "/states/{workspace}"
LOCK = f"{STATE}/lock"
MAX_STATE_BYTES = 256 * 2**20
"""The gateway's limit for state documents, too."""
MAX_LOCK_INFO_BYTES = 8 * 2**10
"""etcd keeps each lock, and each release, for a while."""

LockId = Annotated[str | None, Query(alias="ID")]
"""Parameter type: the id of the lock that the client holds."""


async def _received(request: Request, limit: int) -> AsyncIterator[SpooledBody]:
    with SpooledBody(limit) as body:
        yield await body.receive(request.stream(), declared_size(request.headers.get("content-length")))


@takes("application/json")
async def _document(request: Request) -> AsyncIterator[SpooledBody]:
    async for body in _received(request, MAX_STATE_BYTES):
        yield body


@takes("application/json")
async def _lock_info(request: Request) -> AsyncIterator[SpooledBody]:
    async for body in _received(request, MAX_LOCK_INFO_BYTES):
        yield body


Document = Annotated[SpooledBody, Depends(_document)]
"""Parameter type: a state document as it came."""
LockInfoBody = Annotated[SpooledBody, Depends(_lock_info)]
"""Parameter type: lock info as it came."""


_CHANGE: dict[str, Any] = {"dependencies": [requires(WRITE)], "response_class": Response, "responses": {423: {}}}
"""Of every end point that changes a state or its lock: it has no body to answer, and may find the state locked."""


@router.get(STATE, dependencies=[requires(READ)])
def read(workspace: str, ports: Ports = ports_of_app()) -> Response:
    """The state document, byte for byte as it was stored; 404 when there is none."""
    document = terraform.read(ports, workspace)
    headers = {"ETag": f'"{document.digest}"', "Content-Length": str(document.size)}
    return StreamingResponse(document.pieces(), headers=headers, media_type="application/json")


@router.put(STATE, **_CHANGE)
@router.post(STATE, **_CHANGE)
def write(
    workspace: str,
    body: Document,
    expected: ExpectedVersion,
    lock_id: LockId = None,
    content_md5: Annotated[str | None, Header()] = None,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> Response:
    """Store the next version of the state document; PUT is for clients whose `update_method` says so."""
    terraform.write(session, ports, workspace, body, lock_id, content_md5, expected)
    return Response(status_code=200)


@router.delete(STATE, **_CHANGE)
def delete(
    workspace: str,
    expected: ExpectedVersion,
    lock_id: LockId = None,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> Response:
    """Forget the state document."""
    terraform.delete(session, ports, workspace, lock_id, expected)
    return Response(status_code=200)


# OpenAPI knows no methods LOCK and UNLOCK, so they aren't in the document.


@router.api_route(STATE, methods=["LOCK"], include_in_schema=False, **_CHANGE)
@router.api_route(LOCK, methods=["POST", "PUT"], **_CHANGE)
def lock(workspace: str, body: LockInfoBody, ports: Ports = ports_of_app(), session: Session = database()) -> Response:
    """Lock the workspace."""
    terraform.lock(session, ports, workspace, body.whole())
    return Response(status_code=200)


@router.api_route(STATE, methods=["UNLOCK"], include_in_schema=False, **_CHANGE)
@router.api_route(LOCK, methods=["DELETE"], **_CHANGE)
def unlock(
    workspace: str, body: LockInfoBody, ports: Ports = ports_of_app(), session: Session = database()
) -> Response:
    """Free the workspace."""
    terraform.unlock(session, ports, workspace, body.whole())
    return Response(status_code=200)

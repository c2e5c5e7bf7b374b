"""Terraform's HTTP backend. Set `address`, `lock_address` and `unlock_address` to `…/v1/states/<workspace>`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import terraform
from services.deploy.ports import Ports
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter(tags=["terraform"])
STATE = "/states/{workspace}"

LockId = Annotated[str | None, Query(alias="ID")]
"""Parameter type: the id of the lock that the client holds."""


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]
"""Parameter type: the body as it came."""


@router.get(STATE, dependencies=[requires(READ)])
def read(workspace: str, ports: Ports = ports_of_app()) -> Response:
    """The state document; 404 when there is none."""
    document, digest = terraform.read(ports, workspace)
    return Response(document, headers={"ETag": f'"{digest}"'}, media_type="application/json")


@router.post(STATE, dependencies=[requires(WRITE)])
def write(
    workspace: str,
    body: RawBody,
    lock_id: LockId = None,
    content_md5: Annotated[str | None, Header()] = None,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> Response:
    """Store the next version of the state document."""
    terraform.write(session, ports, workspace, body, lock_id, content_md5)
    return Response(status_code=200)


@router.delete(STATE, dependencies=[requires(WRITE)])
def delete(
    workspace: str, lock_id: LockId = None, ports: Ports = ports_of_app(), session: Session = database()
) -> Response:
    """Forget the state document."""
    terraform.delete(session, ports, workspace, lock_id)
    return Response(status_code=200)


# OpenAPI knows no methods LOCK and UNLOCK, so they aren't in the document.
@router.api_route(STATE, methods=["LOCK"], include_in_schema=False, dependencies=[requires(WRITE)])
def lock(workspace: str, body: RawBody, ports: Ports = ports_of_app(), session: Session = database()) -> Response:
    """Lock the workspace."""
    terraform.lock(session, ports, workspace, body)
    return Response(status_code=200)


@router.api_route(STATE, methods=["UNLOCK"], include_in_schema=False, dependencies=[requires(WRITE)])
def unlock(workspace: str, body: RawBody, ports: Ports = ports_of_app(), session: Session = database()) -> Response:
    """Free the workspace."""
    terraform.unlock(session, ports, workspace, body)
    return Response(status_code=200)

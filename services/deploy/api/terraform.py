"""Terraform's HTTP backend. Set `address`, `lock_address` and `unlock_address` to `…/v1/states/<workspace>`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query, Response
from sqlalchemy.orm import Session

from services.deploy.api.common import PortsOf, RawBody
from services.deploy.operations import terraform
from shared.kernel.context import RequestContext
from shared.web.fastapi import ApiRouter, database, requires

router = ApiRouter(tags=["terraform"])
READ, WRITE = "deploy:read", "deploy:write"
STATE = "/states/{workspace}"

LockId = Annotated[str | None, Query(alias="ID")]
"""Parameter type: the id of the lock that the client holds."""


@router.get(STATE)
def read(workspace: str, ports: PortsOf, ctx: RequestContext = requires(READ)) -> Response:
    """The state document; 404 when there is none."""
    document, digest = terraform.read(ports, workspace)
    return Response(document, headers={"ETag": f'"{digest}"'}, media_type="application/json")


@router.post(STATE)
def write(
    workspace: str,
    body: RawBody,
    ports: PortsOf,
    lock_id: LockId = None,
    content_md5: Annotated[str | None, Header()] = None,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Response:
    """Store the next version of the state document."""
    terraform.write(session, ports, workspace, body, lock_id, content_md5)
    return Response(status_code=200)


@router.delete(STATE)
def delete(
    workspace: str,
    ports: PortsOf,
    lock_id: LockId = None,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Response:
    """Forget the state document."""
    terraform.delete(session, ports, workspace, lock_id)
    return Response(status_code=200)


# OpenAPI knows no methods LOCK and UNLOCK, so they aren't in the document.
@router.api_route(STATE, methods=["LOCK"], include_in_schema=False)
def lock(
    workspace: str,
    body: RawBody,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Response:
    """Lock the workspace."""
    terraform.lock(session, ports, workspace, body)
    return Response(status_code=200)


@router.api_route(STATE, methods=["UNLOCK"], include_in_schema=False)
def unlock(
    workspace: str,
    body: RawBody,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Response:
    """Free the workspace."""
    terraform.unlock(session, ports, workspace, body)
    return Response(status_code=200)

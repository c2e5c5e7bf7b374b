"""End points of the backends of a pool."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.loadbalancer.api.common import WRITE
from services.loadbalancer.operations import backends
from services.loadbalancer.ports import Ports
from services.loadbalancer.schemas import BackendChange, BackendCreate, BackendOut
from services.loadbalancer.tables import BackendRow
from shared.web.fastapi import ApiRouter, ExpectedVersion, database, ports_of_app, requires

router = ApiRouter()


@router.post("/pools/{id}/backends", status_code=201, response_model=BackendOut, dependencies=[requires(WRITE)])
def add_backend(
    id: str,
    body: BackendCreate,
    version: ExpectedVersion,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> BackendRow:
    """Add a backend to a pool."""
    return backends.add_backend(session, ports, id, **body.model_dump(), expected=version)


@router.patch("/pools/{id}/backends/{backend_id}", response_model=BackendOut, dependencies=[requires(WRITE)])
def change_backend(
    id: str, backend_id: str, body: BackendChange, version: ExpectedVersion, session: Session = database()
) -> BackendRow:
    """Change a backend's weight, or drain it."""
    return backends.change_backend(session, id, backend_id, body.model_dump(exclude_unset=True), version)


@router.delete("/pools/{id}/backends/{backend_id}", status_code=204, dependencies=[requires(WRITE)])
def remove_backend(id: str, backend_id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Take a backend out of its pool."""
    backends.remove_backend(session, id, backend_id, version)
    return Response(status_code=204)

"""Volumes."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE
from services.storage.operations import volumes
from services.storage.ports import Ports
from services.storage.repository import VolumeRepository
from services.storage.schemas import VolumeAttach, VolumeChange, VolumeCreate, VolumeOut
from services.storage.tables import Volume
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["volumes"])


@router.post("/volumes", status_code=201, response_model=VolumeOut, dependencies=[requires(WRITE)])
def create(body: VolumeCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Volume:
    """Create a volume, empty or from a snapshot."""
    return volumes.create(session, ports, **body.model_dump())


@router.get("/volumes", response_model=PageOut[VolumeOut], dependencies=[requires(READ)])
def list_volumes(page: PageQuery, session: Session = database()) -> Page[Volume]:
    """The tenant's volumes."""
    return VolumeRepository(session).page(page)


@router.get("/volumes/{id}", response_model=VolumeOut, dependencies=[requires(READ)])
def get(id: str, session: Session = database()) -> Volume:
    """One volume."""
    return VolumeRepository(session).get(id)


@router.patch("/volumes/{id}", response_model=VolumeOut, dependencies=[requires(WRITE)])
def change(
    id: str, body: VolumeChange, version: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Volume:
    """Rename or grow."""
    return volumes.change(session, ports, id, name=body.name, size_gib=body.size_gib, expected=version)


@router.post("/volumes/{id}/attach", response_model=VolumeOut, dependencies=[requires(WRITE)])
def attach(
    id: str, body: VolumeAttach, version: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Volume:
    """Attach to an instance in the same zone."""
    return volumes.attach(session, ports, id, body.instance_id, version)


@router.post("/volumes/{id}/detach", response_model=VolumeOut, dependencies=[requires(WRITE)])
def detach(id: str, version: ExpectedVersion, session: Session = database()) -> Volume:
    """Detach from the instance."""
    return volumes.detach(session, id, version)


@router.delete("/volumes/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete(id: str, version: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()) -> Response:
    """Delete a volume that isn't in use."""
    volumes.delete(session, ports, id, version)
    return Response(status_code=204)

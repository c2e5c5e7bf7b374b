"""Volumes, snapshots and metering."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import PortsOf
from services.storage.operations import volumes
from services.storage.repository import SnapshotRepository, VolumeRepository
from services.storage.schemas import (
    MeteredOut,
    PageOut,
    SnapshotCreate,
    SnapshotOut,
    VolumeAttach,
    VolumeChange,
    VolumeCreate,
    VolumeOut,
)
from services.storage.tables import Snapshot, Volume
from shared.kernel.context import RequestContext
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires

router = ApiRouter(tags=["volumes"])
READ, WRITE = "storage:read", "storage:write"


@router.post("/volumes", status_code=201, response_model=VolumeOut)
def create(
    body: VolumeCreate, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Volume:
    """Create a volume, empty or from a snapshot."""
    return volumes.create(session, ports, **body.model_dump())


@router.get("/volumes", response_model=PageOut[VolumeOut])
def list_volumes(page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()) -> Page[Volume]:
    """The tenant's volumes."""
    return VolumeRepository(session).page(page)


@router.get("/volumes/{id}", response_model=VolumeOut)
def get(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Volume:
    """One volume."""
    return VolumeRepository(session).get(id)


@router.patch("/volumes/{id}", response_model=VolumeOut)
def change(
    id: str,
    body: VolumeChange,
    version: ExpectedVersion,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Volume:
    """Rename or grow."""
    return volumes.change(session, ports, id, name=body.name, size_gib=body.size_gib, expected=version)


@router.post("/volumes/{id}/attach", response_model=VolumeOut)
def attach(
    id: str, body: VolumeAttach, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Volume:
    """Attach to an instance in the same zone."""
    return volumes.attach(session, ports, id, body.instance_id)


@router.post("/volumes/{id}/detach", response_model=VolumeOut)
def detach(id: str, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Volume:
    """Detach from the instance."""
    return volumes.detach(session, id)


@router.delete("/volumes/{id}", status_code=204)
def delete(id: str, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """Delete a volume that isn't in use."""
    volumes.delete(session, ports, id)
    return Response(status_code=204)


@router.post("/volumes/{id}/snapshots", status_code=201, response_model=SnapshotOut)
def take_snapshot(
    id: str,
    body: SnapshotCreate,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Snapshot:
    """Keep the volume's present content."""
    return volumes.take_snapshot(session, ports, id, body.name)


@router.get("/snapshots", response_model=PageOut[SnapshotOut])
def list_snapshots(
    page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()
) -> Page[Snapshot]:
    """The tenant's snapshots."""
    return SnapshotRepository(session).page(page)


@router.get("/snapshots/{id}", response_model=SnapshotOut)
def get_snapshot(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Snapshot:
    """One snapshot."""
    return SnapshotRepository(session).get(id)


@router.delete("/snapshots/{id}", status_code=204)
def delete_snapshot(
    id: str, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Response:
    """Delete a snapshot."""
    volumes.delete_snapshot(session, ports, id)
    return Response(status_code=204)


@router.post("/metering", response_model=MeteredOut)
def meter(ports: PortsOf, ctx: RequestContext = requires("internal"), session: Session = database()) -> MeteredOut:
    """Meter the tenant's volumes up to now, ahead of the schedule (before an invoice, for example)."""
    return MeteredOut(volumes=volumes.meter_all(session, ports.clock.now()))

"""Snapshots of volumes."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.storage.api.common import READ, WRITE
from services.storage.operations import snapshots
from services.storage.ports import Ports
from services.storage.repository import SnapshotRepository
from services.storage.schemas import SnapshotCreate, SnapshotOut
from services.storage.tables import Snapshot
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["snapshots"])


@router.post("/volumes/{id}/snapshots", status_code=201, response_model=SnapshotOut, dependencies=[requires(WRITE)])
def take(
    id: str,
    body: SnapshotCreate,
    version: ExpectedVersion,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Snapshot:
    """Keep the volume's present content."""
    return snapshots.take(session, ports, id, body.name, version)


@router.get("/snapshots", response_model=PageOut[SnapshotOut], dependencies=[requires(READ)])
def list_snapshots(page: PageQuery, session: Session = database()) -> Page[Snapshot]:
    """The tenant's snapshots."""
    return SnapshotRepository(session).page(page)


@router.get("/snapshots/{id}", response_model=SnapshotOut, dependencies=[requires(READ)])
def get(id: str, session: Session = database()) -> Snapshot:
    """One snapshot."""
    return SnapshotRepository(session).get(id)


@router.delete("/snapshots/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete(id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Delete a snapshot."""
    snapshots.delete(session, id, version)
    return Response(status_code=204)

"""Silences: for a while, alerts that match notify nobody."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.monitor.api.common import READ, WRITE
from services.monitor.operations import silences
from services.monitor.ports import Ports
from services.monitor.repository import SilenceRepository
from services.monitor.schemas import SilenceCreate, SilenceOut
from services.monitor.tables import Silence
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/silences", status_code=201, response_model=SilenceOut, dependencies=[requires(WRITE)])
def create_silence(body: SilenceCreate, ports: Ports = ports_of_app(), session: Session = database()) -> Silence:
    """Silence matching alerts for a while."""
    return silences.create_silence(session, ports, body.model_dump())


@router.get("/silences", response_model=PageOut[SilenceOut], dependencies=[requires(READ)])
def list_silences(page: PageQuery, session: Session = database()) -> Page[Silence]:
    """The tenant's silences."""
    return SilenceRepository(session).page(page)


@router.delete("/silences/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_silence(id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """End a silence."""
    silences.delete_silence(session, id, version)
    return Response(status_code=204)

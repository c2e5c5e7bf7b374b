"""End points of the data plane: new and ended connections, results of checks, outcomes of requests."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.loadbalancer.api.common import WRITE
from services.loadbalancer.operations import traffic
from services.loadbalancer.ports import Ports
from services.loadbalancer.schemas import (
    BackendNamed,
    BackendOut,
    CheckReport,
    OutcomeReport,
    PickOut,
    PickRequest,
)
from services.loadbalancer.tables import BackendRow
from shared.web.fastapi import ApiRouter, ExpectedVersion, database, ports_of_app, requires

router = ApiRouter()


@router.post("/pools/{id}/pick", response_model=PickOut, dependencies=[requires(WRITE)])
def pick(
    id: str,
    body: PickRequest,
    version: ExpectedVersion,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> traffic.Picked:
    """Choose the backend of a new connection."""
    return traffic.pick(session, ports, id, body.key, body.session_backend_id, version)


@router.post("/pools/{id}/release", response_model=BackendOut, dependencies=[requires(WRITE)])
def close_connection(
    id: str, body: BackendNamed, version: ExpectedVersion, session: Session = database()
) -> BackendRow:
    """A connection has ended."""
    return traffic.close_connection(session, id, body.backend_id, version)


@router.post("/pools/{id}/checks", response_model=BackendOut, dependencies=[requires(WRITE)])
def report_check(
    id: str,
    body: CheckReport,
    version: ExpectedVersion,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> BackendRow:
    """Report the result of an active check."""
    return traffic.report_check(session, ports, id, body.backend_id, body.healthy, version)


@router.post("/pools/{id}/outcomes", response_model=BackendOut, dependencies=[requires(WRITE)])
def report_outcome(
    id: str,
    body: OutcomeReport,
    version: ExpectedVersion,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> BackendRow:
    """Report the outcome of a real request."""
    return traffic.report_outcome(session, ports, id, body.backend_id, body.succeeded, version)

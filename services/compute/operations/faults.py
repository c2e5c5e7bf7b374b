"""Drills: failures of the simulated providers on request."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.repository import FaultRepository
from services.compute.tables import SimulatedFault
from shared.errors import NotFound


def plan_fault(session: Session, fault: SimulatedFault) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail."""
    planned = FaultRepository(session).add(fault)
    published.fault_planned(session, planned)
    return planned


def cancel_fault(session: Session, fault_id: str) -> None:
    """Call a drill off. Raises NotFound."""
    if not FaultRepository(session).remove(fault_id):
        raise NotFound(f"there is no fault {fault_id}")
    published.fault_cancelled(session, fault_id)

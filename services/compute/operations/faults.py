"""Drills: failures of the simulated providers on request."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.ports.clouds import FaultRepository
from services.compute.tables import SimulatedFault
from shared.errors import NotFound, VersionConflict


def plan_fault(session: Session, fault: SimulatedFault) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail."""
    planned = FaultRepository(session).add(fault)
    published.fault_planned(session, planned)
    return planned


def cancel_fault(session: Session, fault_id: str, expected: int | None) -> None:
    """Call a drill off. Raises NotFound, or VersionConflict where a request has met the fault since it was read."""
    faults = FaultRepository(session)
    fault = faults.find(fault_id, lock=True)
    if fault is None:
        raise NotFound(f"there is no fault {fault_id}")
    if expected is not None and fault.version != expected:
        raise VersionConflict(f"the present version is {fault.version}, not {expected}", current_version=fault.version)
    faults.remove(fault)
    published.fault_cancelled(session, fault_id)

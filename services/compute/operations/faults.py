"""Drills: failures of the simulated providers on request."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.ports.clouds import FaultRepository
from services.compute.tables import SimulatedFault
from shared.errors import NotFound
from shared.kernel.preconditions import EntityTags, ensure_version


def plan_fault(session: Session, fault: SimulatedFault) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail."""
    planned = FaultRepository(session).add(fault)
    published.fault_planned(session, planned)
    return planned


def cancel_fault(session: Session, fault_id: str, expected: EntityTags | None) -> None:
    """Call a drill off. Raises NotFound, or VersionConflict where a request has met the fault since it was read."""
    faults = FaultRepository(session)
    fault = faults.find(fault_id, lock=True)
    if fault is None:
        raise NotFound(f"there is no fault {fault_id}")
    ensure_version(fault.version, expected)
    faults.remove(fault)
    published.fault_cancelled(session, fault_id)

"""Drills: faults of the simulated providers, for platform operators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.compute.api.common import OPERATORS, Id
from services.compute.operations import faults
from services.compute.ports.clouds import FaultRepository
from services.compute.schemas import FaultCreate, FaultOut
from services.compute.tables import SimulatedFault
from shared.utils.ids import new_id
from shared.web.fastapi import ApiRouter, ExpectedVersion, database, requires
from shared.web.permissions import PLATFORM

router = ApiRouter(tags=[OPERATORS])


@router.post("/drills/faults", status_code=201, response_model=FaultOut, dependencies=[requires(PLATFORM)])
def plan_fault(body: FaultCreate, session: Session = database()) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail."""
    fields = {**body.model_dump(), "kind": body.kind.value}
    return faults.plan_fault(session, SimulatedFault(id=new_id("fault"), **fields))


@router.get("/drills/faults", response_model=list[FaultOut], dependencies=[requires(PLATFORM)])
def list_faults(session: Session = database()) -> Sequence[SimulatedFault]:
    """Planned faults, used up ones included."""
    return FaultRepository(session).all()


@router.delete("/drills/faults/{id}", status_code=204, dependencies=[requires(PLATFORM)])
def cancel_fault(id: Id, expected: ExpectedVersion, session: Session = database()) -> None:
    """Call a fault off."""
    faults.cancel_fault(session, id, expected)

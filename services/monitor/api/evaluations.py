"""Evaluations of the tenant's alert rules."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.monitor.api.common import WRITE
from services.monitor.operations import evaluations
from services.monitor.operations.evaluations import Evaluation
from services.monitor.ports import Ports
from services.monitor.schemas import EvaluateIn, EvaluationOut
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter()


@router.post("/evaluate", response_model=EvaluationOut, dependencies=[requires(WRITE)])
def evaluate(body: EvaluateIn, ports: Ports = ports_of_app(), session: Session = database()) -> Evaluation:
    """Evaluate the tenant's rules at a time, by default now."""
    return evaluations.evaluate(session, ports, body.at or ports.clock.now())

"""Samples: measurements of series, sent in batches."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.monitor.api.common import WRITE
from services.monitor.operations import samples
from services.monitor.ports import Ports
from services.monitor.schemas import Ingested, SamplesIn
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter()


@router.post("/samples", response_model=Ingested, dependencies=[requires(WRITE)])
def ingest(body: SamplesIn, ports: Ports = ports_of_app(), session: Session = database()) -> dict[str, int]:
    """Keep samples, all or none."""
    return samples.ingest(session, ports, [sample.model_dump() for sample in body.samples])

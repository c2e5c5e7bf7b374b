"""The catalogue of zones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.compute.api.common import READ
from services.compute.repository import ZoneRepository
from services.compute.schemas import ZoneOut
from services.compute.tables import Zone
from shared.web.fastapi import ApiRouter, database, requires

router = ApiRouter()


@router.get("/zones", response_model=list[ZoneOut], dependencies=[requires(READ)])
def list_zones(session: Session = database()) -> Sequence[Zone]:
    """The catalogue of zones."""
    return ZoneRepository(session).all()

"""Alerts, one by one and in groups."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from sqlalchemy.orm import Session

from services.monitor.api.common import READ
from services.monitor.domain.alerts import AlertState
from services.monitor.operations import alerts
from services.monitor.operations.alerts import AlertView
from services.monitor.ports import Ports
from services.monitor.schemas import AlertGroups, AlertOut
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.get("/alerts", response_model=PageOut[AlertOut], dependencies=[requires(READ)])
def list_alerts(
    page: PageQuery,
    state: AlertState | None = None,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> Page[AlertView]:
    """The tenant's alerts by when they began."""
    return alerts.list_alerts(session, ports, page, [state.value] if state else [])


@router.get("/alert-groups", response_model=AlertGroups, dependencies=[requires(READ)])
def group_alerts(
    by: Annotated[list[str], Query(min_length=1)], ports: Ports = ports_of_app(), session: Session = database()
) -> dict[str, Any]:
    """Open alerts, grouped by labels: one group is one notification."""
    return {"items": alerts.group_alerts(session, ports, by)}

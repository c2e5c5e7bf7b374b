"""The end of tenants."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.monitor.operations.rules import delete_rules
from services.monitor.repository import forget_tenant


def remove_everything(session: Session) -> None:
    """Leave nothing of the context's tenant behind."""
    delete_rules(session)
    forget_tenant(session)

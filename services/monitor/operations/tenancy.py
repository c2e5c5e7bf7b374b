"""Where tenants are in their life: nothing is done for one that is suspended, and nothing stays of one that is gone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.monitor.operations.rules import delete_rules
from services.monitor.repository import forget_tenant, resume_tenant, suspend_tenant


def suspend(session: Session) -> None:
    """Evaluate the context's tenant's rules no more in the background; everything stays as it is."""
    suspend_tenant(session)


def resume(session: Session) -> None:
    """Evaluate them again."""
    resume_tenant(session)


def remove_everything(session: Session) -> None:
    """Leave nothing of the context's tenant behind."""
    delete_rules(session)
    forget_tenant(session)

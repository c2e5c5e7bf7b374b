"""Who may still act, as tenants and auth have told it: presigned URLs have no caller to ask about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.storage.repository import ended_right, standing
from services.storage.tables import EndedRight
from shared.events import Event
from shared.kernel.context import current_tenant
from shared.kernel.standing import ACTIVE, check_may_enter


def ensure_active(session: Session) -> None:
    """Raise TenantSuspended or TenantClosed unless the context's tenant is active, as far as it has been told."""
    known = standing(session, current_tenant())
    check_may_enter(known.state if known else ACTIVE)


def note_end_of_right(session: Session, event: Event, subject: str) -> None:
    """Keep when somebody last lost a right: what was signed before that is worth nothing any more."""
    known = ended_right(session, subject)
    if known is None or known.ended_at < event.time:
        session.merge(EndedRight(subject=subject, ended_at=event.time))


def right_ended_at(session: Session, subject: str) -> datetime | None:
    """When somebody last lost a right, as far as it has been told."""
    known = ended_right(session, subject)
    return known.ended_at if known else None

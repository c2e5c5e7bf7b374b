"""Who may still act, as tenants and auth have told it: presigned URLs have no caller to ask about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.storage.repository import ended_right, pass_gate, standing
from services.storage.tables import EndedRight, TenantStanding
from shared.errors import TenantNotActive
from shared.events import Event, is_newer
from shared.kernel.context import current_tenant
from shared.kernel.standing import ACTIVE, CLOSED, check_may_enter


def note(session: Session, event: Event, state: str) -> bool:
    """Keep what an event says of its tenant. False when something newer is known already.

    The broker may deliver late and out of order, and the dead letters later still: the newest sequence decides.
    """
    known = standing(session, event.subject, lock=True)
    if not is_newer(known.sequence if known else None, event):
        return False
    session.merge(TenantStanding(tenant_id=event.subject, state=state, sequence=event.sequence))
    session.flush()
    return True


def ensure_active(session: Session) -> None:
    """Raise TenantSuspended or TenantClosed unless the context's tenant is active, as far as it has been told."""
    known = standing(session, current_tenant())
    check_may_enter(known.state if known else ACTIVE)


def ensure_not_closed(session: Session) -> None:
    """Let something be made for the context's tenant. Raises TenantNotActive once it is closed.

    Until the transaction ends the closing waits, so that it finds what is made here, and leaves nothing behind.
    """
    pass_gate(session)
    known = standing(session, current_tenant())
    if known is not None and known.state == CLOSED:
        raise TenantNotActive("the tenant is closed")


def note_end_of_right(session: Session, event: Event, subject: str) -> None:
    """Keep when somebody last lost a right: what was signed before that is worth nothing any more."""
    known = ended_right(session, subject)
    if known is None or known.ended_at < event.time:
        session.merge(EndedRight(subject=subject, ended_at=event.time))


def right_ended_at(session: Session, subject: str) -> datetime | None:
    """When somebody last lost a right, as far as it has been told."""
    known = ended_right(session, subject)
    return known.ended_at if known else None

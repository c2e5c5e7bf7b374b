"""Ending log-ins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.auth import published
from services.auth.models import Session
from services.auth.published import Reason
from services.auth.repository import sessions


def end(open_sessions: Iterable[Session], now: datetime, reason: Reason) -> None:
    """Revoke log-ins that the caller holds, and tell why."""
    for session in open_sessions:
        sessions.revoke(session, now)
        published.session_revoked(session, reason)

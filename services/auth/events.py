"""Events of the auth service, and what it does about those of the tenants service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from services.auth.domain.standing import ACTIVE, CLOSED, SUSPENDED
from services.auth.models import Account, ApiKey, Grant, Session
from services.auth.repository import scope_of, sessions, standings
from shared.events import Event, publish
from shared.utils.clock import Clock

Reason = Literal["logout", "reuse", "disabled", "password", "tenant"]


def user_event(kind: str, account: Account) -> None:
    """Tell that something happened to a user or operator."""
    _publish(kind, account, {"id": account.id, "email": account.email, "name": account.name})


def service_account_event(kind: str, account: Account) -> None:
    """Tell that something happened to a service account."""
    _publish(kind, account, {"id": account.id, "name": account.name})


def api_key_event(kind: str, key: ApiKey) -> None:
    """Tell that a key came or went; never its secret."""
    expires_at = key.expires_at.isoformat() if key.expires_at else None
    data = {"id": key.id, "service_account_id": key.account_id, "name": key.name, "expires_at": expires_at}
    _publish(kind, key, data)


def grant_event(kind: str, grant: Grant) -> None:
    """Tell who got or lost which role, and where."""
    data = {"id": grant.id, "subject": grant.account_id, "role": grant.role, "scope": str(scope_of(grant))}
    _publish(kind, grant, data)


def totp_event(kind: str, account: Account) -> None:
    """Tell that an account's second factor changed."""
    _publish(kind, account, {"id": account.id})


def token_issued(account: Account, grant_type: str, token_id: str) -> None:
    """Tell that an access token was given out."""
    data = {"subject": account.id, "kind": account.kind, "grant_type": grant_type, "token_id": token_id}
    publish(connection, "auth.token.issued", subject=token_id, data=data, sequence=1, tenant_id=account.tenant_id)


def signing_key_rotated(kid: str) -> None:
    """Tell that tokens are signed with another key from now on."""
    publish(connection, "auth.signing_key.rotated", subject=kid, data={"kid": kid}, sequence=1)


def end_sessions(open_sessions: list[Session], now: datetime, reason: Reason) -> None:
    """Revoke log-ins and tell why."""
    for session in open_sessions:
        sessions.revoke(session, now)
        data = {"id": session.id, "subject": session.account_id, "reason": reason}
        _publish("auth.session.revoked", session, data)


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data=data, sequence=row.version, tenant_id=row.tenant_id)


class TenantFollower:
    """Keeps the copy of the tenants' states, and ends the log-ins of tenants that are suspended or closed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def handlers(self) -> Mapping[str, Callable[..., None]]:
        """The handler of each event type that is followed."""
        return {
            "tenants.tenant.created": self._opened,
            "tenants.tenant.resumed": self._opened,
            "tenants.tenant.suspended": self._stopped,
            "tenants.tenant.closed": self._stopped,
        }

    def _opened(self, event: Event, _connection: Any) -> None:
        standings.learn(event.subject, ACTIVE, event.sequence)

    def _stopped(self, event: Event, _connection: Any) -> None:
        status = CLOSED if event.type == "tenants.tenant.closed" else SUSPENDED
        if standings.learn(event.subject, status, event.sequence):
            end_sessions(sessions.hold_open(tenant_id=event.subject), self._clock.now(), "tenant")

"""What the auth service tells. No event holds a password, a key or a token."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db import connection

from services.auth.models import Account, ApiKey, Grant, Session
from shared.events import publish

Reason = Literal["logout", "reuse", "disabled", "password", "tenant"]
"""Why a log-in ended."""
Factor = Literal["password", "totp"]
"""What was wrong about a log-in."""
LockedBy = Literal["address", "account"]
"""What is locked: the name from one address, or from anywhere."""


def user_created(account: Account) -> None:
    """There is a new user or operator."""
    _publish("auth.user.created", account, _user(account))


def user_updated(account: Account) -> None:
    """A user was renamed or has another password."""
    _publish("auth.user.updated", account, _user(account))


def user_disabled(account: Account) -> None:
    """A user left."""
    _publish("auth.user.disabled", account, _user(account))


def service_account_created(account: Account) -> None:
    """There is a new service account."""
    _publish("auth.service_account.created", account, {"id": account.id, "name": account.name})


def service_account_deleted(account: Account) -> None:
    """A service account is over."""
    _publish("auth.service_account.deleted", account, {"id": account.id, "name": account.name})


def api_key_created(key: ApiKey) -> None:
    """There is a new key."""
    _publish("auth.api_key.created", key, _api_key(key))


def api_key_revoked(key: ApiKey) -> None:
    """A key doesn't work any more."""
    _publish("auth.api_key.revoked", key, _api_key(key))


def grant_created(grant: Grant) -> None:
    """Somebody got a role."""
    _publish("auth.grant.created", grant, _grant(grant))


def grant_deleted(grant: Grant) -> None:
    """Somebody lost a role."""
    _publish("auth.grant.deleted", grant, _grant(grant))


def totp_enrolled(account: Account) -> None:
    """A second factor was prepared."""
    _publish("auth.totp.enrolled", account, {"id": account.id})


def totp_enabled(account: Account) -> None:
    """Log-ins need a one-time code from now on."""
    _publish("auth.totp.enabled", account, {"id": account.id})


def session_revoked(session: Session, reason: Reason) -> None:
    """A log-in is over, and why."""
    data = {"id": session.id, "subject": session.account_id, "reason": reason}
    _publish("auth.session.revoked", session, data)


def token_issued(account: Account, grant_type: str, token_id: str) -> None:
    """An access token was given out."""
    data = {"subject": account.id, "kind": account.kind, "grant_type": grant_type, "token_id": token_id}
    publish(connection, "auth.token.issued", subject=token_id, data=data, sequence=1, tenant_id=account.tenant_id)


def login_failed(attempt_id: str, account: Account | None, reason: Factor, address: str) -> None:
    """Somebody tried to log in and couldn't; of names that nobody has the platform's operators are told."""
    _attempt("auth.login.failed", attempt_id, {"subject": account and account.id, "reason": reason, "address": address})


def login_locked(attempt_id: str, account: Account | None, by: LockedBy, until: datetime, address: str) -> None:
    """Too many attempts: the next ones are refused for a while."""
    data = {"subject": account and account.id, "by": by, "until": until.isoformat(), "address": address}
    _attempt("auth.login.locked", attempt_id, data)


def signing_key_rotated(kid: str) -> None:
    """Tokens are signed with another key from now on."""
    publish(connection, "auth.signing_key.rotated", subject=kid, data={"kid": kid}, sequence=1)


def _attempt(kind: str, attempt_id: str, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=attempt_id, data=data, sequence=1)


def _user(account: Account) -> dict[str, Any]:
    return {"id": account.id, "email": account.email, "name": account.name}


def _api_key(key: ApiKey) -> dict[str, Any]:
    expires_at = key.expires_at.isoformat() if key.expires_at else None
    return {"id": key.id, "service_account_id": key.account_id, "name": key.name, "expires_at": expires_at}


def _grant(grant: Grant) -> dict[str, Any]:
    return {"id": grant.id, "subject": grant.account_id, "role": grant.role, "scope": str(grant.scope)}


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data=data, sequence=row.version, tenant_id=row.tenant_id)

"""Use cases around log-in. A refusal that must be remembered (a failed attempt, a reused token) is raised after it was
written; the end point answers it without rolling back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.auth import events, sealing, signing, standing
from services.auth.domain import api_keys as keys
from services.auth.domain import lockout, refresh, tokens, totp
from services.auth.domain.emails import normalise_email
from services.auth.hashing import hash_password, is_outdated, verify_password
from services.auth.models import Account, RefreshToken, Session
from services.auth.repository import accounts, api_keys, attempts, grants, sessions
from shared.errors import OmniCloudError, Unauthenticated
from shared.kernel.context import current, current_or_none, service_context
from shared.utils.clock import Clock
from shared.utils.ids import new_id

REFRESH_SECRET_BYTES = 32
LOCKOUT = lockout.LockoutPolicy()
SERVICE = "auth"


class TotpRequired(Unauthenticated):
    """The password is right, and the account wants a one-time code as well."""

    code = "totp_required"


@dataclass(frozen=True)
class Issued:
    """What a successful log-in gives."""

    access_token: str
    refresh_token: str | None = None
    token_type: str = "Bearer"
    expires_in: int = int(tokens.LIFETIME.total_seconds())


def with_password(tenant_id: str, email: str, password: str, totp_code: str | None, clock: Clock) -> Issued:
    """Log in with a password, and a one-time code where the account has a second factor.

    Raises InvalidCredentials, InvalidCode (both counted), TooManyAttempts, TotpRequired, TenantSuspended, TenantClosed.
    """
    now = clock.now()
    address = normalise_email(email)
    key = lockout.attempts_key(tenant_id, address)
    counted = attempts.hold(key)
    lockout.check_not_locked(counted, now)
    account = accounts.by_email(tenant_id, address)
    genuine = verify_password(account.password_hash if account else None, password)
    if account is None or not genuine or account.state != "active":
        attempts.keep(key, lockout.after_failure(counted, now, LOCKOUT))
        raise lockout.InvalidCredentials("the e-mail address or the password is wrong")
    if account.totp_enabled:
        try:
            spend_code(account, totp_code, now)
        except totp.InvalidCode:
            attempts.keep(key, lockout.after_failure(counted, now, LOCKOUT))
            raise
    with _as_owner(account):
        standing.ensure_open(tenant_id)
        attempts.forget(key)
        if is_outdated(str(account.password_hash)):
            account.password_hash = hash_password(password)
            accounts.save(account)
        return _begin_session(account, now)


def with_api_key(text: str, clock: Clock) -> Issued:
    """An access token for a service account; it has no refresh token, because the key can be shown again.

    Raises InvalidApiKey, TenantSuspended or TenantClosed.
    """
    now = clock.now()
    presented = keys.parse_key(text)
    row = api_keys.anywhere(presented.key_id)
    if row is None or row.account.state != "active":
        raise keys.InvalidApiKey("the API key is not valid")
    keys.verify(keys.StoredKey(row.secret_digest, row.expires_at, row.revoked_at), presented.secret, now)
    with _as_owner(row.account):
        standing.ensure_open(row.tenant_id)
        return Issued(_access_token(row.account, "api_key", now))


def with_refresh_token(text: str, clock: Clock) -> Issued:
    """A new access token and the successor of the refresh token.

    Raises InvalidRefreshToken; when the token was used before, the whole log-in is over.
    """
    now = clock.now()
    token = sessions.hold_token(keys.digest(text))
    if token is None:
        raise refresh.InvalidRefreshToken("the refresh token is not valid")
    session = token.session
    with _as_owner(session.account):
        verdict = refresh.judge(refresh.PresentedToken(token.expires_at, token.used_at, session.revoked_at), now)
        if verdict is refresh.Verdict.REVOKE_FAMILY:
            events.end_sessions([session], now, "reuse")
        if verdict is not refresh.Verdict.ROTATE or session.account.state != "active":
            raise refresh.InvalidRefreshToken("the refresh token is not valid")
        standing.ensure_open(session.tenant_id)
        sessions.mark_used(token, now)
        return Issued(_access_token(session.account, "refresh_token", now), _refresh_token(session, now))


def revoke(text: str, clock: Clock) -> None:
    """Log out: end the session of a refresh token. An unknown token is no error (RFC 7009 §2.2)."""
    token = sessions.hold_token(keys.digest(text))
    if token is not None and token.session.revoked_at is None:
        with _as_owner(token.session.account):
            events.end_sessions([token.session], clock.now(), "logout")


def introspect(text: str, clock: Clock) -> dict[str, Any]:
    """The claims of a token that is in force and whose account and tenant are too (RFC 7662); else `active: false`."""
    now = clock.now()
    try:
        claims = tokens.verify(text, signing.public_keys(now), now)
        account = accounts.anywhere(claims["sub"])
        if account is None or account.state != "active":
            return {"active": False}
        standing.ensure_open(claims["tenant_id"])
    except OmniCloudError as error:
        if error.status >= 500:
            raise
        return {"active": False}
    return {"active": True, **claims}


def spend_code(account: Account, code: str | None, now: datetime) -> None:
    """Accept a one-time code of the account, once. Raises TotpRequired or InvalidCode."""
    if code is None:
        raise TotpRequired("a one-time code is needed as well: send totp_code")
    secret = sealing.unseal(str(account.totp_secret), account.id)
    account.totp_last_step = totp.verify(secret, code, now, account.totp_last_step)
    accounts.save(account)


def _begin_session(account: Account, now: datetime) -> Issued:
    session = sessions.add(Session(id=new_id("s"), tenant_id=account.tenant_id, account=account, started_at=now))
    return Issued(_access_token(account, "password", now), _refresh_token(session, now))


def _access_token(account: Account, grant_type: str, now: datetime) -> str:
    token_id = new_id("at")
    subject = tokens.Subject(account.id, account.tenant_id, account.kind, grants.held_by(account.id))
    events.token_issued(account, grant_type, token_id)
    return tokens.sign(tokens.access_claims(subject, now, token_id), signing.signing_key())


def _refresh_token(session: Session, now: datetime) -> str:
    text = f"omr_{secrets.token_urlsafe(REFRESH_SECRET_BYTES)}"
    sessions.add_token(
        RefreshToken(digest=keys.digest(text), session=session, expires_at=refresh.expiry(session.started_at, now))
    )
    return text


def _as_owner(account: Account) -> Any:
    """From here on it is known who asks: what happens is done in the account's tenant, and in its name."""
    context = current_or_none()
    return service_context(
        SERVICE,
        account.tenant_id,
        current().clock,
        actor=account.id,
        correlation_id=context.correlation_id if context else None,
        traceparent=context.traceparent if context else None,
        deadline=context.deadline if context else None,
    )

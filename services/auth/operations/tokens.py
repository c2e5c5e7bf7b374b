"""Use cases around log-in. A refusal that must be remembered (a failed attempt, a reused token) is raised after it was
written; the end point answers it without rolling back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.auth import published
from services.auth.domain import api_keys as keys
from services.auth.domain import lockout, refresh, tokens, totp
from services.auth.domain.emails import normalise_email
from services.auth.models import Account, RefreshToken, Session
from services.auth.operations import login_failures, signing_keys, standing
from services.auth.operations import sessions as session_operations
from services.auth.operations.accounts import SERVICE_ACCOUNT
from services.auth.operations.totp import spend_code
from services.auth.ports import Ports
from services.auth.published import Factor
from services.auth.repository import accounts, api_keys, grants, sessions
from shared.errors import OmniCloudError
from shared.kernel.context import current, service_context
from shared.kernel.identity import PLATFORM_TENANT
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

REFRESH_SECRET_BYTES = 32
ANYBODY = "anonymous"
SERVICE = "auth"


@dataclass(frozen=True)
class Issued:
    """What a successful log-in gives."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None
    token_type: str = "Bearer"


@dataclass(frozen=True)
class _Origin:
    """The log-in or API key that a token descends from, and when it ends by itself; None: it doesn't."""

    id: str
    ends_at: datetime | None


@dataclass(frozen=True)
class Claimed:
    """Who somebody says they are, and the address from which they say so."""

    tenant_id: str
    email: str
    address: str


def with_password(ports: Ports, claimed: Claimed, password: str, totp_code: str | None) -> Issued:
    """Log in with a password, and a one-time code where the account has a second factor.

    Raises InvalidCredentials, InvalidCode (both counted and told), TooManyAttempts, TotpRequired, TenantSuspended,
    TenantClosed.
    """
    now = ports.clock.now()
    claimed = replace(claimed, email=normalise_email(claimed.email))
    failures = login_failures.hold(claimed, now)
    account = accounts.by_email(claimed.tenant_id, claimed.email)
    genuine = ports.passwords.matches(account.password_hash if account else None, password)
    if account is None or not genuine or account.state != "active":
        _failed(failures, account, claimed, "password", now)
        raise lockout.InvalidCredentials("the e-mail address or the password is wrong")
    if account.totp_enabled:
        try:
            spend_code(ports, account, totp_code, now)
        except totp.InvalidCode:
            _failed(failures, account, claimed, "totp", now)
            raise
    with _acting(account.tenant_id, account.id):
        standing.ensure_open(ports, claimed.tenant_id)
        failures.forget()
        if ports.passwords.is_outdated(str(account.password_hash)):
            account.password_hash = ports.passwords.hash(password)
            accounts.save(account)
        return _begin_session(ports, account, now)


def with_api_key(ports: Ports, text: str) -> Issued:
    """An access token for a service account; it has no refresh token, because the key can be shown again.

    Raises InvalidApiKey, TenantSuspended or TenantClosed.
    """
    now = ports.clock.now()
    presented = keys.parse_key(text)
    row = api_keys.anywhere(presented.key_id)
    if row is None or row.account.state != "active":
        raise keys.InvalidApiKey("the API key is not valid")
    keys.verify(keys.StoredKey(row.secret_digest, row.expires_at, row.revoked_at), presented.secret, now)
    with _acting(row.tenant_id, row.account_id):
        standing.ensure_open(ports, row.tenant_id)
        return _issued(ports, row.account, "api_key", now, _Origin(row.id, row.expires_at))


def with_refresh_token(ports: Ports, text: str) -> Issued:
    """A new access token and the successor of the refresh token.

    Raises InvalidRefreshToken; when the token was used before, the whole log-in is over.
    """
    now = ports.clock.now()
    token = sessions.hold_token(keys.digest(text))
    if token is None:
        raise refresh.InvalidRefreshToken("the refresh token is not valid")
    session = token.session
    with _acting(session.tenant_id, session.account_id):
        verdict = refresh.judge(refresh.PresentedToken(token.expires_at, token.used_at, session.revoked_at), now)
        if verdict is refresh.Verdict.REVOKE_FAMILY:
            session_operations.end([session], now, "reuse")
        if verdict is not refresh.Verdict.ROTATE or session.account.state != "active":
            raise refresh.InvalidRefreshToken("the refresh token is not valid")
        standing.ensure_open(ports, session.tenant_id)
        sessions.mark_used(token, now)
        issued = _issued(ports, session.account, "refresh_token", now, _log_in(session))
        return replace(issued, refresh_token=_refresh_token(session, now))


def revoke(ports: Ports, text: str) -> None:
    """Log out: end the session of a refresh token. An unknown token is no error (RFC 7009 §2.2)."""
    token = sessions.hold_token(keys.digest(text))
    if token is not None and token.session.revoked_at is None:
        with _acting(token.session.tenant_id, token.session.account_id):
            session_operations.end([token.session], ports.clock.now(), "logout")


def introspect(ports: Ports, text: str) -> dict[str, Any]:
    """The claims of a token that is in force, as its account, its tenant and what it descends from are (RFC 7662);
    else `active: false`."""
    now = ports.clock.now()
    try:
        claims = tokens.verify(text, signing_keys.public_keys(ports, now), now, ports.settings.token_issuer)
        account = accounts.anywhere(claims["sub"])
        if account is None or account.state != "active" or _is_over(claims.get("sid")):
            return {"active": False}
        standing.ensure_open(ports, claims["tenant_id"])
    except OmniCloudError as error:
        if error.status >= 500:
            raise
        return {"active": False}
    return {"active": True, **claims}


def _is_over(origin: str | None) -> bool:
    """Whether the log-in or API key that a token descends from has ended."""
    return origin is not None and (sessions.is_over(origin) or api_keys.is_revoked(origin))


def _begin_session(ports: Ports, account: Account, now: datetime) -> Issued:
    session = sessions.add(Session(id=new_id("s"), tenant_id=account.tenant_id, account=account, started_at=now))
    issued = _issued(ports, account, "password", now, _log_in(session))
    return replace(issued, refresh_token=_refresh_token(session, now))


def _log_in(session: Session) -> _Origin:
    return _Origin(session.id, refresh.family_end(session.started_at))


def _issued(ports: Ports, account: Account, grant_type: str, now: datetime, origin: _Origin) -> Issued:
    """A token that ends, at the latest, with its origin: a log-in or an API key. A machine is its own client."""
    token_id = new_id("at")
    held = grants.granted_to(account.id)
    subject = tokens.Subject(
        account.id,
        account.tenant_id,
        account.kind,
        tuple(held.values()),
        tuple(held),
        origin.id,
        account.id if account.kind == SERVICE_ACCOUNT else tokens.FIRST_PARTY_CLIENT,
        origin.ends_at,
    )
    published.token_issued(account, grant_type, token_id)
    claims = tokens.access_claims(subject, now, token_id, ports.settings.token_issuer)
    access_token = tokens.sign(claims, signing_keys.signing_key(ports))
    return Issued(access_token, expires_in=claims["exp"] - claims["iat"])


def _refresh_token(session: Session, now: datetime) -> str:
    text = f"omr_{secrets.token_urlsafe(REFRESH_SECRET_BYTES)}"
    sessions.add_token(
        RefreshToken(digest=keys.digest(text), session=session, expires_at=refresh.expiry(session.started_at, now))
    )
    return text


def _failed(
    failures: login_failures.Failures, account: Account | None, claimed: Claimed, reason: Factor, now: datetime
) -> None:
    """Count a failed log-in and tell of it, in the account's tenant. Of a name that nobody has the platform's operators
    are told, without the name: it may be a password that was typed into the wrong field."""
    with _acting(account.tenant_id if account else PLATFORM_TENANT, ANYBODY):
        login_failures.count_and_tell(failures, account, claimed.address, reason, now)


def _acting(tenant_id: str, actor: str) -> Any:
    """From here on it is known who asks: what happens is done in the account's tenant, and in its name."""
    context = current()
    return service_context(
        SERVICE,
        tenant_id,
        context.clock,
        actor=actor,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        tracestate=context.tracestate,
        deadline=context.deadline,
        work=Work("issue a token"),
    )

"""Use cases around leases: dynamic secrets that end by themselves, or with the token they were made under."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import close_old_connections, transaction

from services.secrets import events
from services.secrets.domain import leases as rules
from services.secrets.models import Lease, LeaseToken
from services.secrets.operations import random_value
from services.secrets.repository import leases, tokens
from services.secrets.state import clock, lease_path, store
from shared.kernel.context import current, current_tenant, service_context
from shared.utils.ids import new_id
from shared.web.permissions import INTERNAL, ensure_allowed

PASSWORD, DATABASE = "password", "database"
ENGINES = (PASSWORD, DATABASE)
DATABASE_ROLE = "readonly"
PASSWORD_LENGTH = 32
SWEEP_LIMIT = 100


def create_token(name: str, parent_id: str | None) -> LeaseToken:
    """A new token, at the top or below another. Raises NotFound for the parent, TokenRevoked."""
    if parent_id is not None:
        _usable_token(parent_id)
    token = tokens.add(LeaseToken(id=new_id("ltk"), tenant_id=current_tenant(), name=name, parent_id=parent_id))
    events.token_event("secrets.lease_token.created", token)
    return token


def revoke_token(token_id: str) -> LeaseToken:
    """Revoke a token with all tokens below it, and every lease made under any of them. May be repeated."""
    token = tokens.get(token_id)
    _revoke_tokens(rules.with_descendants(tokens.parents(), token_id))
    token.refresh_from_db()
    return token


def revoke_all() -> None:
    """Revoke every token and lease of the tenant."""
    _revoke_tokens(set(tokens.parents()))


def issue(token_id: str, engine: str, ttl_seconds: int, max_ttl_seconds: int) -> Lease:
    """A new lease under a token. Logins of the platform's own database are for the platform alone.

    Raises NotFound, TokenRevoked, InvalidTtl, Forbidden, SecretsUnavailable.
    """
    if engine == DATABASE:
        ensure_allowed(current().caller, INTERNAL)
    token = _usable_token(token_id)
    term = rules.issue(clock().now(), ttl_seconds, max_ttl_seconds)
    lease = Lease(
        id=new_id("lse"),
        tenant_id=current_tenant(),
        token=token,
        engine=engine,
        issued_at=term.issued_at,
        expires_at=term.expires_at,
        max_ttl_seconds=term.max_ttl_seconds,
    )
    store().write(lease_path(lease.tenant_id, lease.id), _credentials(lease, ttl_seconds))
    leases.add(lease)
    events.lease_event("secrets.lease.issued", lease)
    return lease


def credentials(lease_id: str) -> dict[str, Any]:
    """What the lease stands for. Raises NotFound, LeaseEnded, SecretsUnavailable."""
    lease = leases.get(lease_id)
    if not lease.term.is_live(clock().now()):
        raise rules.LeaseEnded("the lease has ended")
    return store().read(lease_path(lease.tenant_id, lease.id)).data


def renew(lease_id: str, increment_seconds: int) -> Lease:
    """Ask for more time; the answer's end is what was granted. Raises NotFound, LeaseEnded, InvalidTtl."""
    lease, now = leases.get(lease_id, lock=True), clock().now()
    term = rules.renew(lease.term, now, increment_seconds)
    if lease.vault_lease:
        store().renew_lease(lease.vault_lease, rules.remaining_seconds(term, now))
    lease.expires_at = term.expires_at
    leases.save(lease)
    events.lease_event("secrets.lease.renewed", lease)
    return lease


def revoke(lease_id: str) -> Lease:
    """End a lease now. May be repeated. Raises NotFound, SecretsUnavailable."""
    lease = leases.get(lease_id, lock=True)
    if lease.revoked_at is None:
        _revoke_lease(lease)
    return lease


def sweep() -> int:
    """Remove from Vault what ended leases stood for, of all tenants; how many there were."""
    close_old_connections()
    with transaction.atomic():
        ended = leases.to_clear(clock().now(), SWEEP_LIMIT)
        for lease in ended:
            with service_context("secrets", lease.tenant_id, clock()):
                _clear(lease)
                lease.version += 1
                events.lease_event("secrets.lease.expired", lease)
                leases.mark_cleared(lease)
    return len(ended)


def _usable_token(token_id: str) -> LeaseToken:
    """A token that isn't revoked, held so that it isn't while something is made under it."""
    token = tokens.get(token_id, lock=True)
    if token.revoked_at is not None:
        raise rules.TokenRevoked("the token was revoked")
    return token


def _revoke_tokens(token_ids: Collection[str]) -> None:
    """Revoke tokens and the leases under them."""
    now = clock().now()
    for token in tokens.lock_all():
        if token.id in token_ids and token.revoked_at is None:
            token.revoked_at = now
            tokens.save(token)
            events.token_event("secrets.lease_token.revoked", token)
    for lease in leases.live_under(token_ids):
        _revoke_lease(lease)


def _revoke_lease(lease: Lease) -> None:
    """End a lease: what it stands for goes from Vault first, so that a failure leaves the lease to be ended again."""
    _clear(lease)
    lease.revoked_at, lease.cleared = clock().now(), True
    leases.save(lease)
    events.lease_event("secrets.lease.revoked", lease)


def _clear(lease: Lease) -> None:
    if lease.vault_lease:
        store().revoke_lease(lease.vault_lease)
    store().purge(lease_path(lease.tenant_id, lease.id))


def _credentials(lease: Lease, ttl_seconds: int) -> dict[str, str]:
    """Fresh credentials; those of the database are also under a lease of Vault, of the same length."""
    if lease.engine == PASSWORD:
        return {"username": f"v-{lease.id}", "password": random_value(PASSWORD_LENGTH)}
    login = store().database_credentials(DATABASE_ROLE)
    lease.vault_lease = login.lease_id
    store().renew_lease(login.lease_id, ttl_seconds)
    return {"username": login.username, "password": login.password}

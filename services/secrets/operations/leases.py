"""Leases: dynamic secrets that end by themselves, or with the token they were made under."""

from __future__ import annotations

from typing import Any

from services.secrets import published
from services.secrets.domain import leases as rules
from services.secrets.domain.limits import ensure_lease_allowed
from services.secrets.models import Lease
from services.secrets.operations import endings
from services.secrets.operations.access import is_above_policies
from services.secrets.operations.lease_tokens import usable
from services.secrets.operations.values import random_value
from services.secrets.ports import Ports
from services.secrets.ports.vault import lease_path
from services.secrets.repository import leases
from shared.infra.db.django import check_version
from shared.infra.vault import SecretNotFound, SecretRequestRefused, SecretsUnavailable
from shared.kernel.context import current, current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags
from shared.kernel.tracing import Work
from shared.utils.ids import new_id
from shared.web.permissions import INTERNAL, ensure_allowed

PASSWORD, DATABASE = "password", "database"
DATABASE_ROLE = "readonly"
PASSWORD_LENGTH = 32
EXPIRY_BATCH = 100
"""Leases that are looked for at a time; each is cleared away in a transaction of its own."""

log = logger("services.secrets")


def issue(ports: Ports, token_id: str, engine: str, ttl_seconds: int, max_ttl_seconds: int) -> Lease:
    """A new lease under a token. Logins of the platform's own database are for the platform alone.

    Raises NotFound, TokenRevoked, InvalidTtl, LeaseLimitReached, Forbidden, SecretsUnavailable.
    """
    if engine == DATABASE:
        ensure_allowed(current().caller, INTERNAL)
    token = usable(token_id)
    term = rules.issue(ports.clock.now(), ttl_seconds, max_ttl_seconds)
    ensure_lease_allowed(leases.count())
    lease = Lease(
        id=new_id("lse"),
        tenant_id=current_tenant(),
        token=token,
        engine=engine,
        issued_by=current().caller.responsible,
        issued_at=term.issued_at,
        expires_at=term.expires_at,
        max_ttl_seconds=term.max_ttl_seconds,
    )
    ports.store.write(lease_path(lease.tenant_id, lease.id), _credentials(ports, lease, ttl_seconds))
    leases.add(lease)
    published.lease_issued(lease)
    return lease


def credentials(ports: Ports, lease_id: str) -> dict[str, Any]:
    """What the lease stands for, for who asked for it or is above the policies (Vault gives it to nobody else at all).

    Raises NotFound, LeaseForbidden, LeaseEnded, SecretsUnavailable.
    """
    lease, caller = leases.get(lease_id), current().caller
    if caller.responsible != lease.issued_by and not is_above_policies(caller):
        raise rules.LeaseForbidden("the credentials of a lease are for who asked for it")
    if not lease.term.is_live(ports.clock.now()):
        raise rules.LeaseEnded("the lease has ended")
    return ports.store.read(lease_path(lease.tenant_id, lease.id)).data


def renew(ports: Ports, lease_id: str, increment_seconds: int, expected_version: EntityTags | None) -> Lease:
    """Ask for more time; the answer's end is what was granted.

    Raises NotFound, VersionConflict, LeaseEnded, InvalidTtl.
    """
    lease, now = leases.get(lease_id, lock=True), ports.clock.now()
    check_version(lease, expected_version)
    term = rules.renew(lease.term, now, increment_seconds)
    if lease.vault_lease:
        ports.store.renew_lease(lease.vault_lease, rules.remaining_seconds(term, now))
    lease.expires_at = term.expires_at
    leases.save(lease)
    published.lease_renewed(lease)
    return lease


def revoke(ports: Ports, lease_id: str, expected_version: EntityTags | None) -> Lease:
    """End a lease now. May be repeated. Raises NotFound, VersionConflict, SecretsUnavailable."""
    lease = leases.get(lease_id, lock=True)
    check_version(lease, expected_version)
    if lease.revoked_at is None:
        endings.revoke(ports, lease)
    return lease


def expire(ports: Ports) -> int:
    """Remove from Vault what ended leases stood for, of all tenants, until none is left; how many there were.

    Each is ended by itself: one that can't be stays for the next time. Raises SecretsUnavailable when none can.
    """
    ended, left = 0, set[str]()
    while found := ports.transactions.run(lambda _: leases.to_clear(ports.clock.now(), EXPIRY_BATCH, left)):
        for lease_id, tenant_id in found:
            with service_context(ports.settings.service_name, tenant_id, ports.clock, work=Work("expire a lease")):
                if _expired(ports, lease_id):
                    ended += 1
                else:
                    left.add(lease_id)
    return ended


def _expired(ports: Ports, lease_id: str) -> bool:
    """End one that is to be ended; whether that was done. Raises SecretsUnavailable when Vault is away."""

    def end(_connection: Any) -> bool:
        lease = leases.held_to_clear(lease_id, ports.clock.now())
        if lease is not None:
            endings.sweep(ports, lease)
        return lease is not None

    try:
        return ports.transactions.run(end)
    except (SecretsUnavailable, SecretRequestRefused, SecretNotFound) as error:
        ports.store.check()
        log.warning("a lease can't be ended; it is tried again", lease=lease_id, reason=error.detail)
        return False


def _credentials(ports: Ports, lease: Lease, ttl_seconds: int) -> dict[str, str]:
    """Fresh credentials; those of the database are also under a lease of Vault, of the same length."""
    if lease.engine == PASSWORD:
        return {"username": f"v-{lease.id}", "password": random_value(PASSWORD_LENGTH)}
    login = ports.store.database_credentials(DATABASE_ROLE)
    lease.vault_lease = login.lease_id
    ports.store.renew_lease(login.lease_id, ttl_seconds)
    return {"username": login.username, "password": login.password}

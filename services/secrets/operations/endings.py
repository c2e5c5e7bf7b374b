"""How a lease ends: what it stands for goes from Vault first, so that a failure leaves the lease to be ended again."""

from __future__ import annotations

from services.secrets import published
from services.secrets.models import Lease
from services.secrets.ports import Ports
from services.secrets.ports.vault import lease_path
from services.secrets.repository import leases


def revoke(ports: Ports, lease: Lease) -> None:
    """End a lease that the caller holds before its time. Raises SecretsUnavailable."""
    _clear(ports, lease)
    lease.revoked_at, lease.cleared = ports.clock.now(), True
    leases.save(lease)
    published.lease_revoked(lease)


def mark_revoked(ports: Ports, lease: Lease) -> None:
    """End a lease that the caller holds before its time, one of many: Vault isn't asked here, but in the next sweep."""
    lease.revoked_at = ports.clock.now()
    leases.save(lease)
    published.lease_revoked(lease)


def sweep(ports: Ports, lease: Lease) -> None:
    """Clear away a lease that the caller holds and that has ended, by itself or before its time.

    Raises SecretsUnavailable.
    """
    _clear(ports, lease)
    if lease.revoked_at is not None:
        leases.note_cleared(lease)
        return
    lease.cleared = True
    leases.save(lease)
    published.lease_expired(lease)


def _clear(ports: Ports, lease: Lease) -> None:
    if lease.vault_lease:
        ports.store.revoke_lease(lease.vault_lease)
    ports.store.purge(lease_path(lease.tenant_id, lease.id))

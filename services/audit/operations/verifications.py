"""Verifications: a chain against its hashes and its newest checkpoint."""

from __future__ import annotations

from services.audit import repository
from services.audit.domain.chain import EMPTY, Head, Verification, verify
from services.audit.ports import Ports
from services.audit.ports.checkpoints import ForgedCheckpoint


def verify_chain(ports: Ports, tenant_id: str) -> tuple[Verification, Head]:
    """Check the tenant's whole chain against its hashes and its newest checkpoint; also returns that one's head."""
    try:
        newest = ports.checkpoints.newest(tenant_id)
    except ForgedCheckpoint as error:
        return Verification(False, 0, EMPTY, None, error.detail), EMPTY
    known = newest.head if newest else EMPTY
    return verify(tenant_id, repository.chain(tenant_id), known if known.sequence else None), known

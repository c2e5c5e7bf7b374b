"""Verifications: a chain against its hashes and everything that was signed about it."""

from __future__ import annotations

from collections.abc import Iterator

from services.audit import repository
from services.audit.domain.chain import EMPTY, Head, Verification, verify
from services.audit.domain.checkpoints import BrokenCheckpoints
from services.audit.ports import Ports


def verify_chain(ports: Ports, tenant_id: str) -> tuple[Verification, Head]:
    """Check the tenant's whole chain against its hashes and all its checkpoints; also returns the newest one's head."""
    newest = EMPTY

    def signed() -> Iterator[Head]:
        nonlocal newest
        for checkpoint in ports.checkpoints.all(tenant_id):
            newest = checkpoint.head
            yield newest

    try:
        result = verify(tenant_id, repository.chain(tenant_id), signed())
    except BrokenCheckpoints as error:
        return Verification(False, 0, newest, None, str(error)), newest
    return result, newest

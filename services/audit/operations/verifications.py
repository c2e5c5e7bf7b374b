"""Verifications: a chain against its hashes and everything that was signed about it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

from services.audit import repository
from services.audit.domain.chain import EMPTY, Head, Verification, verify, with_later
from services.audit.domain.checkpoints import BrokenCheckpoints
from services.audit.domain.removals import NOTHING_REMOVED
from services.audit.ports import Ports


def verify_chain(ports: Ports, tenant_id: str) -> tuple[Verification, Head]:
    """Check the tenant's whole chain against its hashes and all its checkpoints; also returns the newest one's head."""
    newest = EMPTY
    opened = repository.chain(tenant_id)
    # Records are only removed after that is signed: so they are looked at before what was signed is. What was recorded
    # and signed in between isn't among them: so their end is looked at once more.
    first = next(opened, None)
    records = with_later(chain([first] if first else [], opened), partial(repository.chain, tenant_id))

    def signed() -> Iterator[Head]:
        nonlocal newest
        for checkpoint in ports.checkpoints.all(tenant_id):
            newest = checkpoint.head
            yield newest

    try:
        last = ports.checkpoints.newest(tenant_id)
        removal = last.removal if last else NOTHING_REMOVED
        result = verify(tenant_id, records, signed(), removal=removal)
    except BrokenCheckpoints as error:
        return Verification(False, 0, newest, None, str(error)), newest
    return result, newest

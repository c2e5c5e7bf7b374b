"""Checkpoints of every chain that has grown, taken again and again beside the requests."""

from __future__ import annotations

from services.audit import repository
from services.audit.domain.chain import EMPTY, Head, verify
from services.audit.domain.checkpoints import BrokenCheckpoints
from services.audit.models import ChainHead
from services.audit.ports import Ports
from shared.events.processing import TransactionRunner
from shared.kernel.logs import logger

log = logger("audit.checkpoints")


def write_checkpoints(ports: Ports, transactions: TransactionRunner) -> int:
    """One round; how many checkpoints were written. A chain is marked once its checkpoint is kept, one by one."""
    heads = transactions.run(lambda _: repository.heads_without_checkpoint())
    return sum(transactions.run(lambda _, row=row: _write_checkpoint(ports, row)) for row in heads)  # type: ignore[misc]


def _write_checkpoint(ports: Ports, row: ChainHead) -> bool:
    """Sign a head that goes on from what was signed before; nothing else is ever signed, and the log says why.

    One process at a time: two that sign at once would both name the same checkpoint as the one before.
    """
    tenant_id, head = row.tenant_id, Head(row.sequence, row.hash)
    if not repository.claim_checkpoints(tenant_id):
        return False
    try:
        newest = ports.checkpoints.newest(tenant_id)
    except BrokenCheckpoints as error:
        log.error("no checkpoint: the last one can't be believed", tenant=tenant_id, reason=str(error))
        return False
    known = newest.head if newest else EMPTY
    if head.sequence > known.sequence:
        reason = _changed(tenant_id, known, head)
        if reason:
            log.error("no checkpoint: the chain was changed", tenant=tenant_id, signed=known.sequence, reason=reason)
            return False
        ports.checkpoints.write(tenant_id, head, newest)
    repository.mark_checkpoint(tenant_id, head)
    return True


def _changed(tenant_id: str, known: Head, head: Head) -> str | None:
    """Why a head doesn't go on from what was signed last; None when it does."""
    if known.sequence and not repository.holds(tenant_id, known):
        return "what was signed last isn't there any more"
    return verify(tenant_id, repository.chain(tenant_id, known), (head,), known).reason

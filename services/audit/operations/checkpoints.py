"""Checkpoints of every chain that has grown, taken again and again beside the requests."""

from __future__ import annotations

from collections.abc import Iterator

from services.audit import repository
from services.audit.domain.chain import EMPTY, Head, Record, verify
from services.audit.domain.checkpoints import BrokenCheckpoints
from services.audit.domain.removals import NOTHING_REMOVED, Removal
from services.audit.models import ChainHead
from services.audit.ports import Ports
from services.audit.published import REMOVAL
from shared.events.processing import TransactionRunner
from shared.infra.object_store import ObjectStoreUnavailable
from shared.kernel.logs import logger

OWN_ACTOR = "service:audit"

log = logger("audit.checkpoints")


def write_checkpoints(ports: Ports, transactions: TransactionRunner) -> int:
    """One round; how many checkpoints were written. A chain is marked once its checkpoint is kept, one by one.

    What fails for one tenant stops no other, and is tried again. Raises ObjectStoreUnavailable: no other's can be kept.
    """
    written = 0
    for row in transactions.run(lambda _: repository.heads_without_checkpoint()):
        try:
            written += transactions.run(lambda _, row=row: _write_checkpoint(ports, row))  # type: ignore[misc]
        except ObjectStoreUnavailable:
            raise
        except Exception:
            log.exception("no checkpoint: it is tried again", tenant=row.tenant_id)
    return written


def _write_checkpoint(ports: Ports, row: ChainHead) -> bool:
    """Sign a head that goes on from what was signed before; nothing else is ever signed, and the log says why.

    One process at a time: two that sign at once would both name the same checkpoint as the one before.
    """
    tenant_id, head = row.tenant_id, Head(row.sequence, row.hash)
    if not repository.claim_checkpoints(tenant_id):
        return False
    try:
        newest = ports.checkpoints.newest(tenant_id, row.checkpoint_sequence)
    except BrokenCheckpoints as error:
        log.error("no checkpoint: the last one can't be believed", tenant=tenant_id, reason=str(error))
        return False
    known = newest.head if newest else EMPTY
    if head.sequence > known.sequence:
        removal = newest.removal if newest else NOTHING_REMOVED
        reason, announced = _changed(tenant_id, known, head)
        if reason:
            log.error("no checkpoint: the chain was changed", tenant=tenant_id, signed=known.sequence, reason=reason)
            return False
        ports.checkpoints.write(tenant_id, head, newest, announced or removal)
    repository.mark_checkpoint(tenant_id, head)
    return True


def _changed(tenant_id: str, known: Head, head: Head) -> tuple[str | None, Removal | None]:
    """Why a head doesn't go on from what was signed last, None when it does; and what is told on the way to be removed.

    Nothing but the trail itself can announce a removal: whoever could write into other tables can't have it signed.
    """
    if known.sequence and not repository.holds(tenant_id, known):
        return "what was signed last isn't there any more", None
    announced: Removal | None = None

    def watched() -> Iterator[Record]:
        nonlocal announced
        for record in repository.chain(tenant_id, known):
            if record.entry.type == f"{REMOVAL}.announced" and record.entry.actor == OWN_ACTOR:
                announced = Removal(record.entry.data["up_to"], record.entry.data["covered"])
            yield record

    return verify(tenant_id, watched(), (head,), known).reason, announced

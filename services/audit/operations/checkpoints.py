"""Checkpoints of every chain that has grown, taken again and again beside the requests."""

from __future__ import annotations

from services.audit import repository
from services.audit.domain.chain import Head
from services.audit.ports import Ports
from shared.events.processing import TransactionRunner


def write_checkpoints(ports: Ports, transactions: TransactionRunner) -> int:
    """One round; how many checkpoints were written. A chain is marked once its checkpoint is kept, one by one."""
    heads = transactions.run(lambda _: repository.heads_without_checkpoint())
    for row in heads:
        _write_checkpoint(ports, transactions, row.tenant_id, Head(row.sequence, row.hash))
    return len(heads)


def _write_checkpoint(ports: Ports, transactions: TransactionRunner, tenant_id: str, head: Head) -> None:
    ports.checkpoints.write(tenant_id, head)
    transactions.run(lambda _: repository.mark_checkpoint(tenant_id, head))

"""Signed checkpoints of a chain's head, kept outside the database, so that a cut-off tail shows.

The idea is that of CloudTrail's digest files: who can edit the records can't also edit what was signed about them.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import rfc8785

from services.audit.domain.chain import Head


@dataclass(frozen=True)
class Checkpoint:
    """A chain's head at a time, under a signature."""

    tenant_id: str
    head: Head
    time: str
    signature: str


def sign(tenant_id: str, head: Head, time: str, key: bytes) -> Checkpoint:
    """A checkpoint under HMAC-SHA-256 (RFC 2104)."""
    return Checkpoint(tenant_id, head, time, _signature(tenant_id, head, time, key))


def is_authentic(checkpoint: Checkpoint, key: bytes) -> bool:
    """Whether the checkpoint was signed with the key; compared in constant time."""
    expected = _signature(checkpoint.tenant_id, checkpoint.head, checkpoint.time, key)
    return hmac.compare_digest(expected, checkpoint.signature)


def _signature(tenant_id: str, head: Head, time: str, key: bytes) -> str:
    content: dict[str, Any] = {"tenant_id": tenant_id, "sequence": head.sequence, "hash": head.hash, "time": time}
    return hmac.new(key, rfc8785.dumps(content), hashlib.sha256).hexdigest()

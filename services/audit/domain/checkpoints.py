"""Signed checkpoints of a chain's head, kept outside the database, so that a rewritten or cut-off part shows.

The idea is that of CloudTrail's digest files: who can edit the records can't also edit what was signed about them.
Each checkpoint names the signature of the one before, so that none of them can be taken away or put between others. A
new one is signed only for a chain that still holds everything which was signed before: what was changed once is never
signed over. Signatures are Ed25519 (RFC 8032): whoever has the public key can verify, and nobody else can sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.audit.domain.chain import Head
from services.audit.domain.removals import Removal

FIRST = ""
"""What a chain's first checkpoint names as the signature before."""


@dataclass(frozen=True)
class Checkpoint:
    """A chain's head at a time, under a signature. `previous` is the signature of the checkpoint before.

    `removal` says which of the first records may be gone by then, because they were older than they are kept.
    """

    tenant_id: str
    head: Head
    time: str
    previous: str
    signature: str
    removal: Removal = field(default_factory=Removal)


class BrokenCheckpoints(Exception):
    """Checkpoints that aren't what was signed, one after the other; the message says why."""


def signing_key(secret: str) -> Ed25519PrivateKey:
    """The key that a secret text stands for: the same for the same text."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"audit checkpoints\n" + secret.encode()).digest())


def sign(
    tenant_id: str, head: Head, time: str, previous: str, key: Ed25519PrivateKey, removal: Removal | None = None
) -> Checkpoint:
    """The next checkpoint of a chain."""
    removal = removal or Removal()
    signature = key.sign(_content(tenant_id, head, time, previous, removal)).hex()
    return Checkpoint(tenant_id, head, time, previous, signature, removal)


def is_authentic(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Whether the checkpoint was signed with the key's other half."""
    content = _content(checkpoint.tenant_id, checkpoint.head, checkpoint.time, checkpoint.previous, checkpoint.removal)
    try:
        key.verify(bytes.fromhex(checkpoint.signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def linked(tenant_id: str, checkpoints: Iterable[Checkpoint], key: Ed25519PublicKey) -> Iterator[Checkpoint]:
    """A tenant's checkpoints, from the first, as they are. Raises BrokenCheckpoints at the first that isn't authentic,
    is of another tenant, or doesn't follow the one before."""
    before: Checkpoint | None = None
    for checkpoint in checkpoints:
        place = checkpoint.head.sequence
        if checkpoint.tenant_id != tenant_id or not is_authentic(checkpoint, key):
            raise BrokenCheckpoints(f"the checkpoint of record {place} is not authentic")
        if checkpoint.previous != (before.signature if before else FIRST):
            raise BrokenCheckpoints(f"a checkpoint before that of record {place} is missing")
        if before and place <= before.head.sequence:
            raise BrokenCheckpoints(f"the checkpoint of record {place} comes after that of {before.head.sequence}")
        before = checkpoint
        yield checkpoint


def as_document(checkpoint: Checkpoint) -> dict[str, Any]:
    """The checkpoint as JSON has it."""
    return {
        "tenant_id": checkpoint.tenant_id,
        "sequence": checkpoint.head.sequence,
        "hash": checkpoint.head.hash,
        "time": checkpoint.time,
        "previous": checkpoint.previous,
        "signature": checkpoint.signature,
        **_removal(checkpoint.removal),
    }


def from_document(document: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in JSON. Raises BrokenCheckpoints for what isn't one."""
    try:
        return Checkpoint(
            str(document["tenant_id"]),
            Head(int(document["sequence"]), str(document["hash"])),
            str(document["time"]),
            str(document["previous"]),
            str(document["signature"]),
            Removal(int(document.get("begins_after", 0)), document.get("covered", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenCheckpoints("what stands for a checkpoint isn't one") from error


def _removal(removal: Removal) -> dict[str, Any]:
    """What checkpoints say of what is removed; nothing before anything was."""
    return {"begins_after": removal.begins_after, "covered": removal.covered} if removal.begins_after else {}


def _content(tenant_id: str, head: Head, time: str, previous: str, removal: Removal) -> bytes:
    content: dict[str, Any] = {
        "tenant_id": tenant_id,
        "sequence": head.sequence,
        "hash": head.hash,
        "time": time,
        "previous": previous,
        **_removal(removal),
    }
    return rfc8785.dumps(content)

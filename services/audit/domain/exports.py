"""An exported trail, verified from its lines alone, without the platform."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.audit.domain.chain import Entry, Head, Record, Verification, verify
from services.audit.domain.checkpoints import Checkpoint, from_document, linked
from services.audit.domain.removals import NOTHING_REMOVED, Removal


class UnreadableExport(Exception):
    """Lines that aren't what they are said to be; the message says which and why."""


def verify_export(
    records: Iterable[str],
    tenant: str | None = None,
    signed: Iterable[Head] = (),
    removal: Removal = NOTHING_REMOVED,
) -> Verification:
    """Check an export, a record a line, against its hashes and what was signed of it.

    It is the trail of `tenant`, or of whoever the first record is. Raises UnreadableExport.
    """
    found = _records(records)
    first = next(found, None)
    if tenant is None and first is None:
        raise UnreadableExport("there are no records, and nobody says whose trail it is")
    return verify(
        tenant or (first.tenant_id if first else ""), chain([first] if first else [], found), signed, removal=removal
    )


def signed_checkpoints(checkpoints: Iterable[str], tenant: str, key: str) -> list[Checkpoint]:
    """The exported checkpoints, a line each, under a public key in hexadecimal.

    Raises BrokenCheckpoints when they aren't what was signed, UnreadableExport.
    """
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except ValueError as error:
        raise UnreadableExport("the key is 64 hexadecimal digits") from error
    documents = (from_document(document) for _, document in _documents(checkpoints, "checkpoints"))
    return list(linked(tenant, documents, public))


def signed_heads(checkpoints: Iterable[str], tenant: str, key: str) -> list[Head]:
    """The heads in exported checkpoints; raises the same."""
    return [checkpoint.head for checkpoint in signed_checkpoints(checkpoints, tenant, key)]


def tenant_of(records: Iterable[str]) -> str:
    """Whose trail it is, by its first record. Raises UnreadableExport."""
    first = next(_records(records), None)
    if first is None:
        raise UnreadableExport("there are no records: say whose trail it is")
    return first.tenant_id


def _records(lines: Iterable[str]) -> Iterator[Record]:
    for number, line in _documents(lines, "records"):
        try:
            entry = Entry(
                line["event_id"],
                line["type"],
                line["subject"],
                line["actor"],
                line["time"],
                line["correlation_id"],
                line["data"],
                line.get("source"),
                line.get("source_sequence"),
            )
            yield Record(line["tenant_id"], line["sequence"], entry, line["previous_hash"], line["hash"])
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableExport(f"line {number} of the records is none: {error}") from error


def _documents(lines: Iterable[str], what: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadableExport(f"line {number} of the {what} isn't JSON: {error}") from error

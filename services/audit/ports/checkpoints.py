"""Signed checkpoints in the object store, out of reach of who can edit the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.audit.domain.chain import Head, record_time
from services.audit.domain.checkpoints import (
    FIRST,
    BrokenCheckpoints,
    Checkpoint,
    as_document,
    from_document,
    is_authentic,
    linked,
    sign,
    signing_key,
)
from services.audit.domain.removals import NOTHING_REMOVED, Removal
from services.audit.settings import Settings
from shared.infra.object_store import ObjectStore
from shared.utils.clock import Clock

PAGE = 1000
READERS = 4
"""Objects read at a time: a long chain has thousands of checkpoints."""


class CheckpointStore:
    """Checkpoints as objects: `<tenant>/<sequence>.json`, in order by name."""

    def __init__(self, settings: Settings, objects: ObjectStore, clock: Clock) -> None:
        self._bucket = settings.checkpoint_bucket
        self._objects = objects
        self._clock = clock
        self._key = signing_key(settings.signing_secret())

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key by which everybody can verify."""
        return self._key.public_key()

    def write(
        self, tenant_id: str, head: Head, after: Checkpoint | None, removal: Removal = NOTHING_REMOVED
    ) -> Checkpoint:
        """Sign a head and keep it as the checkpoint after another."""
        previous = after.signature if after else FIRST
        checkpoint = sign(tenant_id, head, record_time(self._clock.now()), previous, self._key, removal)
        content = json.dumps(as_document(checkpoint), sort_keys=True).encode()
        self._objects.put(self._bucket, _name(tenant_id, head.sequence), content, content_type="application/json")
        return checkpoint

    def newest(self, tenant_id: str, signed: int = 0) -> Checkpoint | None:
        """The tenant's newest checkpoint. Raises BrokenCheckpoints when it isn't ours.

        `signed` is a place that should have one: those before it aren't listed, unless there is none from there on.
        """
        names = list(self._names(tenant_id, signed)) or list(self._names(tenant_id))
        if not names:
            return None
        checkpoint = self._read(names[-1])
        if checkpoint.tenant_id != tenant_id or not is_authentic(checkpoint, self.public_key):
            raise BrokenCheckpoints(f"the checkpoint of record {checkpoint.head.sequence} is not authentic")
        return checkpoint

    def last_until(self, tenant_id: str, sequence: int, first: int = 0) -> int:
        """The last place from the first up to this one that was signed for; 0 when there is none."""
        last = 0
        for name in self._names(tenant_id, first):
            place = int(name.rpartition("/")[2].removesuffix(".json"))
            if place > sequence:
                break
            last = place
        return last

    def all(self, tenant_id: str) -> Iterator[Checkpoint]:
        """The tenant's checkpoints from the first. Raises BrokenCheckpoints where one isn't ours or is missing."""
        with ThreadPoolExecutor(READERS) as readers:
            yield from linked(tenant_id, readers.map(self._read, self._names(tenant_id)), self.public_key)

    def documents(self, tenant_id: str) -> Iterator[Any]:
        """The tenant's checkpoints as they are kept, from the first."""
        with ThreadPoolExecutor(READERS) as readers:
            yield from readers.map(self._document, self._names(tenant_id))

    def _document(self, name: str) -> Any:
        try:
            return json.loads(self._objects.get(self._bucket, name))
        except ValueError as error:
            raise BrokenCheckpoints(f"{name} isn't JSON") from error

    def _read(self, name: str) -> Checkpoint:
        checkpoint = from_document(self._document(name))
        if name != _name(checkpoint.tenant_id, checkpoint.head.sequence):
            raise BrokenCheckpoints(f"{name} is the checkpoint of another place")
        return checkpoint

    def _names(self, tenant_id: str, first: int = 0) -> Iterator[str]:
        after, more = _name(tenant_id, first - 1) if first else "", True
        while more:
            found = list(self._objects.list(self._bucket, prefix=f"{tenant_id}/", start_after=after, limit=PAGE))
            yield from (entry.name for entry in found)
            more = len(found) == PAGE
            after = found[-1].name if found else after


def _name(tenant_id: str, sequence: int) -> str:
    return f"{tenant_id}/{sequence:020d}.json"

"""Versioned documents of infrastructure state, as Terraform keeps them: a lineage, and a serial that only grows.

The document lies in the object store under a name that is never written twice. What makes it the present version is
a pointer in the index, moved by compare-and-swap on its revision; so a crash between the two leaves an unused object
and never a pointer to nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from shared.errors import Conflict, NotFound, ServiceUnavailable
from shared.infra.coordination import ALONE, Companions
from shared.infra.object_store import ObjectCorrupted
from shared.infra.state_versions import (
    Blobs,
    Head,
    NewDocument,
    SavedPlan,
    StateCache,
    StateDocument,
    StateIndex,
    StateVersion,
)
from shared.utils.clock import Clock
from shared.utils.ids import new_id

__all__ = [
    "Head", "LineageMismatch", "NewDocument", "SavedPlan", "StalePlan", "StateCorrupted", "StateDocument",
    "StateNotFound", "StateStore", "StateVersion", "StateVersionConflict", "canonical", "digest_of",
    "ensure_plan_is_current", "ensure_version", "latest", "newest_first",
]  # fmt: skip

log = logging.getLogger(__name__)

BUCKET = "terraform-state"
CACHE_NAMESPACE = "state"


class StateNotFound(NotFound):
    """The workspace has no state, or not this version of it."""

    code = "state_not_found"


class StateVersionConflict(Conflict):
    """Another writer was first: the state has moved on since it was read."""

    code = "state_version_conflict"


class LineageMismatch(Conflict):
    """The document belongs to another workspace's history; writing it would destroy this one's."""

    code = "lineage_mismatch"


class StalePlan(Conflict):
    """The state has changed since the plan was made: plan again."""

    code = "stale_plan"


class StateCorrupted(ObjectCorrupted):
    """The stored document isn't the one that was written."""

    code = "state_corrupted"


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a document: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest_of(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def latest(versions: Iterable[StateVersion]) -> StateVersion | None:
    """The version with the greatest serial."""
    return max(versions, key=lambda version: version.serial, default=None)


def newest_first(versions: Iterable[StateVersion]) -> tuple[StateVersion, ...]:
    """History order: by serial, the latest first; a serial that was written twice, by force, by its generations."""
    return tuple(sorted(versions, key=lambda version: (version.serial, version.generation), reverse=True))


def ensure_version(current: int, expected: int) -> None:
    """Raise StateVersionConflict unless the writer has seen the present serial (0: no state yet)."""
    if current != expected:
        raise StateVersionConflict(
            f"the state is at serial {current}, not {expected}", expected_serial=expected, current_serial=current
        )


def ensure_plan_is_current(plan: SavedPlan, state: StateVersion | None) -> None:
    """Raise StalePlan when the state isn't the one the plan was made against: its lineage and serial, both."""
    lineage, serial = (state.lineage, state.serial) if state is not None else ("", 0)
    if plan.lineage != lineage or plan.serial != serial:
        raise StalePlan(
            f"the plan was made against serial {plan.serial}, the state is at {serial}: plan again",
            planned_serial=plan.serial,
            current_serial=serial,
        )


class StateStore:
    """Reads and writes of whole documents. Every method may raise what its index and object store raise."""

    def __init__(self, index: StateIndex, blobs: Blobs, clock: Clock, cache: StateCache | None = None) -> None:
        self._index = index
        self._blobs = blobs
        self._clock = clock
        self._cache = cache

    def write(
        self,
        tenant_id: str,
        workspace: str,
        document: Mapping[str, Any],
        *,
        expected_serial: int,
        lineage: str,
        serial: int | None = None,
    ) -> StateVersion:
        """Store the next version, if the present one is still `expected_serial` (0: the first write).

        `serial` is for writers that number their versions themselves, as Terraform does; it must be greater than the
        present one. Raises StateVersionConflict and LineageMismatch.
        """
        head = self._index.head(tenant_id, workspace)
        current = head.version.serial if head is not None else 0
        ensure_version(current, expected_serial)
        if head is not None and head.version.lineage != lineage:
            raise LineageMismatch(f"workspace {workspace} has lineage {head.version.lineage}, not {lineage}")
        following = current + 1 if serial is None else serial
        if following <= current:
            raise StateVersionConflict(f"serial {following} isn't newer than {current}", current_serial=current)
        data = canonical(document)
        version = self._version(head, tenant_id, workspace, lineage, following, digest_of(data), len(data))
        self._blobs.put(BUCKET, version.object_name, data, content_type="application/json")
        self._moved(self._index.advance(head, version), head, version)
        return version

    def put(
        self,
        head: Head | None,
        tenant_id: str,
        workspace: str,
        document: NewDocument,
        beside: Callable[[StateVersion], Companions] = lambda _version: ALONE,
    ) -> StateVersion:
        """Store the bytes of a document whose writer numbers its versions, if `head` is still the present one.

        Neither serial nor lineage is compared: that is the writer's part. Raises StateVersionConflict when the present
        version is another one, or a condition among what goes `beside` doesn't hold; then nothing is changed.
        """
        numbered = self._version(
            head, tenant_id, workspace, document.lineage, document.serial, document.digest, document.size
        )
        version = replace(numbered, opaque=True)
        document.content.seek(0)
        self._blobs.put_stream(BUCKET, version.object_name, document.content, content_type="application/json")
        self._moved(self._index.advance(head, version, beside(version)), head, version)
        return version

    def present(self, tenant_id: str, workspace: str) -> Head | None:
        """The present version with its mark, for a `put` or a `remove` that depends on it; None when there is none."""
        return self._index.head(tenant_id, workspace)

    def content(self, version: StateVersion) -> Iterator[bytes]:
        """A version's bytes in pieces.

        Raises StateCorrupted after the last piece when they aren't what was written, so use nothing before the end.
        """
        digest = hashlib.sha256()
        for piece in self._blobs.stream(BUCKET, version.object_name):
            digest.update(piece)
            yield piece
        _ensure_intact(version, digest.hexdigest())

    def head(self, tenant_id: str, workspace: str) -> StateVersion | None:
        """The present version without its document; None when there is no state."""
        head = self._index.head(tenant_id, workspace)
        return None if head is None else head.version

    def read(self, tenant_id: str, workspace: str, *, fresh: bool = False) -> StateDocument:
        """The present version; `fresh` for whoever decides by it. Raises StateNotFound and StateCorrupted."""
        if self._cache is None or fresh:
            return self._read_head(tenant_id, workspace)
        cached = self._cache.get_or_load(
            tenant_id, CACHE_NAMESPACE, workspace, lambda: _to_json(self._read_head(tenant_id, workspace))
        )
        return _from_json(cached)

    def at(self, tenant_id: str, workspace: str, serial: int) -> StateDocument:
        """An earlier version. Raises StateNotFound and StateCorrupted."""
        for version in self._index.versions(tenant_id, workspace):
            if version.serial == serial:
                return self._fetch(version)
        raise StateNotFound(f"workspace {workspace} has no serial {serial}")

    def history(self, tenant_id: str, workspace: str) -> tuple[StateVersion, ...]:
        """All versions, the latest first."""
        return newest_first(self._index.versions(tenant_id, workspace))

    def delete(self, tenant_id: str, workspace: str, *, expected_serial: int) -> None:
        """Forget a workspace's state with its history. Raises StateNotFound and StateVersionConflict."""
        head = self._index.head(tenant_id, workspace)
        if head is None:
            raise StateNotFound(f"workspace {workspace} has no state")
        ensure_version(head.version.serial, expected_serial)
        self.remove(head)

    def remove(self, head: Head, companions: Companions = ALONE) -> None:
        """Forget the workspace whose present version is `head`, with its history.

        Raises StateVersionConflict when the present version is another one, or a condition among the companions
        doesn't hold.
        """
        tenant_id, workspace = head.version.tenant_id, head.version.workspace
        versions = self._index.versions(tenant_id, workspace)
        if not self._index.remove(head, companions):
            raise StateVersionConflict(f"another writer moved the state on from serial {head.version.serial}")
        self._invalidate(tenant_id, workspace)
        for version in versions:
            self._blobs.erase(BUCKET, version.object_name)

    def _version(
        self, head: Head | None, tenant_id: str, workspace: str, lineage: str, serial: int, digest: str, size: int
    ) -> StateVersion:
        """The version that follows `head`, under an object's name that is new: no two writers share one."""
        before = head.version.generation if head else self._index.generation(tenant_id, workspace)
        folder = f"{quote(tenant_id, safe='')}/{quote(workspace, safe='')}"
        name = f"{folder}/{serial}-{new_id('state')}.json"
        created_at = self._clock.now().isoformat()
        return StateVersion(tenant_id, workspace, serial, lineage, digest, name, size, created_at, before + 1)

    def _moved(self, moved: bool, head: Head | None, version: StateVersion) -> None:
        """Readers see the version from here on, unless another writer was first: then nothing is left of it."""
        if not moved:
            self._blobs.erase(BUCKET, version.object_name)
            current = head.version.serial if head is not None else 0
            raise StateVersionConflict(f"another writer moved the state on from serial {current}")
        self._invalidate(version.tenant_id, version.workspace)

    def _read_head(self, tenant_id: str, workspace: str) -> StateDocument:
        head = self._index.head(tenant_id, workspace)
        if head is None:
            raise StateNotFound(f"workspace {workspace} has no state")
        return StateDocument(head.version, {}) if head.version.opaque else self._fetch(head.version)

    def _fetch(self, version: StateVersion) -> StateDocument:
        data = self._blobs.get(BUCKET, version.object_name)
        _ensure_intact(version, digest_of(data))
        return StateDocument(version, json.loads(data))

    def _invalidate(self, tenant_id: str, workspace: str) -> None:
        if self._cache is None:
            return
        try:
            self._cache.delete(tenant_id, CACHE_NAMESPACE, workspace)
        except ServiceUnavailable as error:  # What is kept there is forgotten after seconds.
            log.warning("the cached state of %s couldn't be invalidated: %s", workspace, error)


def _ensure_intact(version: StateVersion, digest: str) -> None:
    if digest != version.digest:
        raise StateCorrupted(f"serial {version.serial} of workspace {version.workspace} isn't what was written")


def _to_json(document: StateDocument) -> dict[str, Any]:
    return {"version": vars(document.version), "body": document.body}


def _from_json(value: Mapping[str, Any]) -> StateDocument:
    return StateDocument(StateVersion(**value["version"]), value["body"])

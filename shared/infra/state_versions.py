"""Versions of infrastructure state, and what keeping them needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from shared.infra.coordination import ALONE, Companions


@dataclass(frozen=True)
class StateVersion:
    """One version of a workspace's state. `digest` is the SHA-256 of the document as it is stored.

    `generation` counts the workspace's writes, deletions included: unlike a serial it can't be set back by force. An
    `opaque` document is its writer's own, of any size, and has no body here.
    """

    tenant_id: str
    workspace: str
    serial: int
    lineage: str
    digest: str
    object_name: str
    size: int
    created_at: str
    generation: int = 0
    opaque: bool = False


@dataclass(frozen=True)
class NewDocument:
    """A document that its writer has numbered, and what it consists of; `content` can be read more than once."""

    content: BinaryIO
    size: int
    digest: str
    lineage: str
    serial: int


@dataclass(frozen=True)
class StateDocument:
    """A version with its document."""

    version: StateVersion
    body: dict[str, Any]


@dataclass(frozen=True)
class Head:
    """The present version, and the mark by which the index recognises that it is still the present one."""

    version: StateVersion
    mark: Any


@dataclass(frozen=True)
class SavedPlan:
    """What a saved plan was made against; serial 0 and an empty lineage when there was no state yet."""

    lineage: str
    serial: int


class StateIndex(Protocol):
    """Which versions there are, and which one is present."""

    def head(self, tenant_id: str, workspace: str) -> Head | None:
        """The present version."""

    def advance(self, head: Head | None, version: StateVersion, companions: Companions = ALONE) -> bool:
        """Make `version` the present one if `head` still is (None: if there is none); else change nothing.

        The companions are conditions of the same commit, and what it writes beside the version.
        """

    def generation(self, tenant_id: str, workspace: str) -> int:
        """How often a workspace without state was written before; 0 for a new one."""

    def versions(self, tenant_id: str, workspace: str) -> tuple[StateVersion, ...]:
        """All versions, in no particular order."""

    def remove(self, head: Head, companions: Companions = ALONE) -> bool:
        """Forget the workspace, if `head` is still its present version. Companions as for `advance`."""


class Blobs(Protocol):
    """The part of the object store that is needed."""

    def put(self, bucket: str, name: str, data: bytes, *, content_type: str = ...) -> Any: ...
    def put_stream(self, bucket: str, name: str, stream: BinaryIO, *, content_type: str = ...) -> Any: ...
    def get(self, bucket: str, name: str) -> bytes: ...
    def stream(self, bucket: str, name: str) -> Iterator[bytes]: ...
    def erase(self, bucket: str, name: str) -> None: ...


class StateCache(Protocol):
    """The part of the cache that is needed."""

    def get_or_load(self, tenant_id: str, namespace: str, key: str, load: Callable[[], Any]) -> Any: ...
    def delete(self, tenant_id: str, namespace: str, key: str) -> None: ...

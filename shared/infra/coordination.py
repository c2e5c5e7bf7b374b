"""The port of the coordination store (etcd): what locks, elections and the state index need of it.

Every key has the revision of its last change; a revision is never used twice, so "unchanged" means "same revision".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.errors import ServiceUnavailable


class CoordinationUnavailable(ServiceUnavailable):
    """etcd doesn't answer, or has no quorum. Whoever needs a lock must not go on without it."""

    code = "coordination_unavailable"


class HistoryCompacted(CoordinationUnavailable):
    """The changes asked for have been compacted away: take a new snapshot and follow from there."""

    code = "history_compacted"


class LeaseGone(CoordinationUnavailable):
    """A write was attached to a lease that has expired."""

    code = "lease_gone"


@dataclass(frozen=True)
class KeyValue:
    """A key as it was read."""

    key: str
    value: bytes
    create_revision: int
    mod_revision: int
    lease_id: int = 0


@dataclass(frozen=True)
class Snapshot:
    """All keys under a prefix as of one revision."""

    revision: int
    items: tuple[KeyValue, ...]


@dataclass(frozen=True)
class Change:
    """One change of one key."""

    kind: Literal["put", "delete"]
    key: str
    value: bytes
    revision: int


@dataclass(frozen=True)
class Put:
    """A write inside a commit; with a lease, the key goes when the lease does."""

    key: str
    value: bytes
    lease_id: int = 0


@dataclass(frozen=True)
class Companions:
    """Conditions that hold, and writes that are made, in the same commit as somebody else's change."""

    unchanged: Sequence[KeyValue] = ()
    absent: Sequence[str] = ()
    puts: Sequence[Put] = ()
    deletes: Sequence[str] = ()


ALONE = Companions()
"""A change without companions."""


class ChangeStream(Protocol):
    """An open watch. Iteration ends when it is cancelled or its time is up, and raises CoordinationUnavailable."""

    def __iter__(self) -> Iterator[Change]: ...

    def cancel(self) -> None:
        """End the iteration from another thread."""


class Coordination(Protocol):
    """The operations. All raise CoordinationUnavailable."""

    def get(self, key: str) -> KeyValue | None:
        """A key, read linearizably; None when it doesn't exist."""

    def snapshot(self, prefix: str) -> Snapshot:
        """All keys under a prefix, in key order."""

    def commit(
        self,
        *,
        unchanged: Sequence[KeyValue] = (),
        absent: Sequence[str] = (),
        puts: Sequence[Put] = (),
        deletes: Sequence[str] = (),
        delete_prefix: str = "",
    ) -> int | None:
        """Make all writes at once and return their revision, or none of them and return None.

        They are made if every key in `unchanged` hasn't been written since it was read and no key in `absent` exists.
        `deletes` are single keys, `delete_prefix` is every key under a prefix.
        """

    def grant(self, ttl: int) -> int:
        """A new lease of `ttl` seconds; its id."""

    def keep_alive(self, lease_id: int, timeout: float) -> int:
        """Renew a lease, waiting at most `timeout` seconds. The seconds it now lasts; 0 when it is gone."""

    def revoke(self, lease_id: int) -> None:
        """End a lease and delete its keys; nothing happens when it is gone already."""

    def changes(self, prefix: str, start_revision: int, seconds: float | None = None) -> ChangeStream:
        """Every change under a prefix from a revision on, for at most `seconds`. May raise HistoryCompacted."""

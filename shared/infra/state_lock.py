"""Lock records without a lease, for what a person or a CLI holds over many requests (Terraform's LOCK and UNLOCK).

Such a lock must outlive the process that took it, so nothing expires it: it is freed by whoever knows its id. Lock
bodies are Terraform's (`statemgr.LockInfo`): ID, Operation, Info, Who, Version, Created, Path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from urllib.parse import quote

from shared.errors import Locked
from shared.infra.coordination import ALONE, Companions, Coordination, KeyValue, Put

PREFIX = "/state-locks/"


@dataclass(frozen=True)
class LockInfo:
    """Who holds a workspace, and why. `id` is the owner's proof; `version` and `path` are Terraform's own.

    `managed` is the lock of a platform's own operation, which frees it when it ends. The owner of any other lock is a
    client, whatever it says its operation is.
    """

    id: str
    who: str
    operation: str = ""
    info: str = ""
    created: str = ""
    version: str = ""
    path: str = ""
    managed: bool = False


class StateLocked(Locked):
    """The workspace is locked under another id; `holder` says whose it is."""

    code = "state_locked"

    def __init__(self, workspace: str, holder: LockInfo) -> None:
        super().__init__(f"workspace {workspace} is locked by {holder.who}", holder=asdict(holder))
        self.holder = holder


class StateLocks:
    """The locks of all workspaces, one key each."""

    def __init__(self, etcd: Coordination) -> None:
        self._etcd = etcd

    def acquire(self, tenant_id: str, workspace: str, lock: LockInfo, companions: Companions = ALONE) -> int:
        """Lock a workspace; the fencing token. The same id again is the same lock. Raises StateLocked.

        The companions are written with the lock, also with one that is the same again, and so have its revision.
        """
        key = _key(tenant_id, workspace)
        while True:
            put = Put(key, json.dumps(asdict(lock)).encode())
            token = self._etcd.commit(absent=[key], puts=[put, *companions.puts], deletes=companions.deletes)
            if token is not None:
                return token
            present = self._etcd.get(key)
            if present is None:
                continue  # It was freed between the two calls.
            if _info(present).id == lock.id:
                if self.take(tenant_id, workspace, _info(present), Companions(unchanged=[present]), companions):
                    return present.create_revision
                continue
            raise StateLocked(workspace, _info(present))

    def take(
        self, tenant_id: str, workspace: str, lock: LockInfo, guard: Companions, companions: Companions = ALONE
    ) -> bool:
        """Lock a workspace that is as its guard found it: free, or locked under the same id. False when it isn't."""
        put = Put(_key(tenant_id, workspace), json.dumps(asdict(lock)).encode())
        revision = self._etcd.commit(
            unchanged=guard.unchanged,
            absent=guard.absent,
            puts=[put, *companions.puts],
            deletes=companions.deletes,
        )
        return revision is not None

    def release(
        self,
        tenant_id: str,
        workspace: str,
        lock_id: str,
        companions: Companions = ALONE,
        *,
        revision: int | None = None,
    ) -> bool:
        """Free the lock with this id. False when the workspace isn't locked. Raises StateLocked for another's lock.

        The companions are written with the release of a lock that was held. With the `revision` of an acquisition only
        what that one wrote is freed: a lock that was taken again since is kept (False).
        """
        key = _key(tenant_id, workspace)
        while True:
            present = self._etcd.get(key)
            if present is None:
                return False
            if _info(present).id != lock_id:
                raise StateLocked(workspace, _info(present))
            if revision is not None and present.mod_revision != revision:
                return False
            deletes = [key, *companions.deletes]
            if self._etcd.commit(unchanged=[present], puts=companions.puts, deletes=deletes) is not None:
                return True

    def holder(self, tenant_id: str, workspace: str) -> LockInfo | None:
        """Who holds the workspace; None when it is free."""
        present = self._etcd.get(_key(tenant_id, workspace))
        return None if present is None else _info(present)

    def check(self, tenant_id: str, workspace: str, lock_id: str | None) -> None:
        """Let a write under this lock id (None: without a lock) through. Raises StateLocked when another holds it."""
        present = self.holder(tenant_id, workspace)
        if present is not None and present.id != lock_id:
            raise StateLocked(workspace, present)

    def guard(self, tenant_id: str, workspace: str, lock_id: str | None) -> Companions:
        """What lets a client's commit through only while the lock is as it is now: held under its id, or by nobody.

        Raises StateLocked when another holds it, or an operation of the platform.
        """
        key = _key(tenant_id, workspace)
        present = self._etcd.get(key)
        if present is None:
            return Companions(absent=[key])
        if _info(present).id != lock_id or _info(present).managed:
            raise StateLocked(workspace, _info(present))
        return Companions(unchanged=[present])

    @contextmanager
    def held(
        self,
        tenant_id: str,
        workspace: str,
        lock: LockInfo,
        with_acquisition: Companions = ALONE,
        with_release: Companions = ALONE,
    ) -> Iterator[int]:
        """Hold the lock around a block, which gets the fencing token; it is freed however the block ends.

        The companions are written in the commits that take and free it.
        """
        token = self.acquire(tenant_id, workspace, lock, with_acquisition)
        try:
            yield token
        finally:
            self.release(tenant_id, workspace, lock.id, with_release)


def _key(tenant_id: str, workspace: str) -> str:
    return f"{PREFIX}{quote(tenant_id, safe='')}/{quote(workspace, safe='')}"


def _info(present: KeyValue) -> LockInfo:
    return LockInfo(**json.loads(present.value))

"""Keys and values, and the locks on them. https://developer.hashicorp.com/consul/api-docs/kv"""

from __future__ import annotations

import time
from collections.abc import Callable

from environment.fleet.consul.errors import ApiError
from environment.fleet.consul.store import Row, Store

_TABLE = "kv"
_DELETED = "kv-deleted"


class KeyValues:
    """The key-value store. Values are kept as base64 text, as the API shows them."""

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._delays: dict[str, float] = {}  # key -> when its lock-delay ends

    def get(self, key: str) -> Row | None:
        """One entry."""
        return self._store.get(_TABLE, key)

    def under(self, prefix: str) -> list[Row]:
        """Every entry whose key begins with the prefix, by key."""
        return [row for key, row in self._store.rows(_TABLE) if key.startswith(prefix)]

    def index_of(self, key: str) -> int:
        """The index to watch one key with."""
        row = self.get(key) or self._store.get(_DELETED, key)
        return int(row["ModifyIndex"]) if row else self._last_change()

    def index_under(self, prefix: str) -> int:
        """The index to watch a prefix with: its last write or deletion."""
        deleted = [row for key, row in self._store.rows(_DELETED) if key.startswith(prefix)]
        return max((int(row["ModifyIndex"]) for row in [*self.under(prefix), *deleted]), default=self._last_change())

    def put(self, key: str, value: str | None, flags: int, cas: int | None = None) -> bool:
        """Write; with `cas` only if the entry still has that ModifyIndex, 0 meaning that there is none."""
        entry = self.get(key)
        if cas is not None and (entry["ModifyIndex"] if entry else 0) != cas:
            return False
        self._write(key, entry, value, flags, {})
        return True

    def acquire(self, key: str, value: str | None, flags: int, session: str) -> bool:
        """Lock and write. False when another session has the lock, or a lock-delay is running."""
        if self._store.get("session", session) is None:
            raise ApiError(f'rpc error making call: invalid session "{session}"')
        entry = self.get(key)
        holder = entry.get("Session") if entry else None
        if holder is not None and holder != session:
            return False
        if holder is None and self._delays.get(key, 0.0) > self._monotonic():
            return False
        count = entry["LockIndex"] if entry else 0
        self._write(key, entry, value, flags, {"Session": session, "LockIndex": count + (holder is None)})
        return True

    def release(self, key: str, value: str | None, flags: int, session: str) -> bool:
        """Unlock and write. False when this session has not the lock."""
        entry = self.get(key)
        if entry is None or entry.get("Session") != session:
            return False
        self._write(key, entry, value, flags, {"Session": None})
        return True

    def delete(self, key: str, cas: int | None = None) -> bool:
        """Delete; with `cas` only if the entry still has that ModifyIndex."""
        entry = self.get(key)
        if cas is not None and (entry is None or entry["ModifyIndex"] != cas):
            return cas == 0 and entry is None
        if entry is not None:
            self._remove([key])
        return True

    def delete_under(self, prefix: str) -> None:
        """Delete every entry whose key begins with the prefix."""
        self._remove([row["Key"] for row in self.under(prefix)])

    def session_ended(self, session: str, lock_delay: float, delete: bool) -> None:
        """Release or delete what an invalidated session held; nobody may lock it for `lock_delay` seconds."""
        for entry in [row for _, row in self._store.rows(_TABLE) if row.get("Session") == session]:
            if lock_delay > 0:
                self._delays[entry["Key"]] = self._monotonic() + lock_delay
            if delete:
                self._remove([entry["Key"]])
            else:
                self._write(entry["Key"], entry, entry["Value"], entry["Flags"], {"Session": None})

    def _write(self, key: str, entry: Row | None, value: str | None, flags: int, changes: Row) -> None:
        index = self._store.next_index()
        before = entry or {"LockIndex": 0, "Key": key, "CreateIndex": index}
        row = {**before, **changes, "Flags": flags, "Value": value or None, "ModifyIndex": index}
        if row.get("Session") is None:
            row.pop("Session", None)
        self._store.delete(_DELETED, key)
        self._store.put(_TABLE, key, row)
        self._store.put("meta", _TABLE, {"index": index})

    def _remove(self, keys: list[str]) -> None:
        if not keys:
            return
        index = self._store.next_index()
        for key in keys:
            self._store.delete(_TABLE, key)
            self._store.put(_DELETED, key, {"ModifyIndex": index})
        self._store.put("meta", _TABLE, {"index": index})

    def _last_change(self) -> int:
        row = self._store.get("meta", _TABLE)
        return int(row["index"]) if row else 1

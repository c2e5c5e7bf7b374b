"""Sessions: what locks are held by. https://developer.hashicorp.com/consul/api-docs/session"""

from __future__ import annotations

import asyncio
import uuid

from environment.fleet.consul.durations import seconds
from environment.fleet.consul.errors import ApiError, BadRequest
from environment.fleet.consul.kv import KeyValues
from environment.fleet.consul.store import Row, Store

_TABLE = "session"
_LONGEST_TTL = 86_400.0
_DEFAULT_LOCK_DELAY = 15.0
_LONGEST_LOCK_DELAY = 60.0
_TTL_MULTIPLIER = 2
"""A time-to-live is a lower bound: Consul ends a session after twice that long without renewal."""


class Sessions:
    """Sessions with their time-to-live timers, which start anew when the server starts."""

    def __init__(self, store: Store, kv: KeyValues, node: str, shortest_ttl: float = 10.0) -> None:
        self._store = store
        self._kv = kv
        self._node = node
        self._shortest_ttl = shortest_ttl
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Run the timers of the sessions that the journal brought back."""
        for session_id, _ in self._store.rows(_TABLE):
            self._arm(session_id)

    def create(self, wanted: Row) -> str:
        """A new session's id. Raises BadRequest for a time-to-live or a behaviour that there is not."""
        ttl, behavior = str(wanted.get("TTL") or ""), str(wanted.get("Behavior") or "release")
        if ttl and not self._shortest_ttl <= seconds(ttl) <= _LONGEST_TTL:
            raise BadRequest(
                f"Invalid Session TTL '{round(seconds(ttl) * 1e9)}', must be between "
                f"[{self._shortest_ttl:g}s={_LONGEST_TTL / 3600:g}h0m0s]"
            )
        if behavior not in ("release", "delete"):
            raise BadRequest(f"Invalid Behavior setting '{behavior}'")
        delay = min(_lock_delay(wanted.get("LockDelay")), _LONGEST_LOCK_DELAY)
        session_id = str(uuid.uuid4())
        index = self._store.next_index()
        row = {
            "ID": session_id,
            "Name": wanted.get("Name") or "",
            "Node": wanted.get("Node") or self._node,
            "LockDelay": round(delay * 1e9),
            "Behavior": behavior,
            "TTL": ttl,
            "NodeChecks": wanted.get("NodeChecks") or wanted.get("Checks") or ["serfHealth"],
            "ServiceChecks": wanted.get("ServiceChecks"),
            "CreateIndex": index,
            "ModifyIndex": index,
        }
        self._write(session_id, row)
        self._arm(session_id)
        return session_id

    def get(self, session_id: str) -> Row | None:
        """One session."""
        return self._store.get(_TABLE, session_id)

    def all(self) -> list[Row]:
        """Every session."""
        return [row for _, row in self._store.rows(_TABLE)]

    def index(self) -> int:
        """The index to watch sessions with."""
        row = self._store.get("meta", _TABLE)
        return int(row["index"]) if row else 1

    def renew(self, session_id: str) -> Row | None:
        """Start the session's time-to-live anew; None when it has ended."""
        row = self.get(session_id)
        if row is not None:
            self._arm(session_id)
        return row

    def destroy(self, session_id: str) -> None:
        """End a session and free what it holds. Does nothing when it has ended already."""
        row = self.get(session_id)
        timer = self._timers.pop(session_id, None)
        if timer is not None:
            timer.cancel()
        if row is None:
            return
        self._store.next_index()
        self._store.delete(_TABLE, session_id)
        self._store.put("meta", _TABLE, {"index": self._store.index})
        self._kv.session_ended(session_id, row["LockDelay"] * 1e-9, row["Behavior"] == "delete")

    def check_became_critical(self, check_id: str) -> None:
        """End the sessions that depend on a check."""
        for row in self.all():
            linked = [entry["ID"] if isinstance(entry, dict) else entry for entry in row["ServiceChecks"] or []]
            if check_id in linked or check_id in row["NodeChecks"]:
                self.destroy(row["ID"])

    def _write(self, session_id: str, row: Row) -> None:
        self._store.put(_TABLE, session_id, row)
        self._store.put("meta", _TABLE, {"index": self._store.index})

    def _arm(self, session_id: str) -> None:
        row = self.get(session_id)
        if row is None or not row["TTL"]:
            return
        timer = self._timers.pop(session_id, None)
        if timer is not None:
            timer.cancel()
        after = seconds(row["TTL"]) * _TTL_MULTIPLIER
        self._timers[session_id] = asyncio.get_running_loop().call_later(after, self.destroy, session_id)


def _lock_delay(value: object) -> float:
    if value is None:
        return _DEFAULT_LOCK_DELAY
    if isinstance(value, int) and value < 1000:
        return float(value)  # a small number means seconds, as Consul decodes it
    delay = seconds(value)
    if delay < 0:
        raise ApiError("LockDelay must not be negative")
    return delay

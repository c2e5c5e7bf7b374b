"""Tables whose changes are numbered, journalled and watched.

Every change takes the next number of one index, as a Raft log gives it. The journal is a file of JSON lines, written
before a request is answered, so that a killed server finds everything again.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Store:
    """All tables of one server."""

    def __init__(self, directory: Path, durable: bool = False) -> None:
        self.index = 1
        self.restored = 0
        """How often a snapshot was put in the place of everything: who waits for a change waits no longer then."""
        self._tables: dict[str, dict[str, Row]] = {}
        self._changed = asyncio.Event()
        self._durable = durable
        self._file = directory / "journal"
        directory.mkdir(parents=True, exist_ok=True)
        self._replay()
        self._journal = self._compact()

    def get(self, table: str, key: str) -> Row | None:
        """The row, or None. Rows are replaced, never changed in place."""
        return self._tables.get(table, {}).get(key)

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """Every row of a table, by key."""
        return iter(sorted(self._tables.get(table, {}).items()))

    def next_index(self) -> int:
        """The number of the change that is about to be made."""
        self.index += 1
        return self.index

    def put(self, table: str, key: str, row: Row) -> None:
        """Write a row under the present index."""
        self._tables.setdefault(table, {})[key] = row
        self._record(table, key, row)

    def delete(self, table: str, key: str) -> None:
        """Remove a row under the present index."""
        if self._tables.get(table, {}).pop(key, None) is not None:
            self._record(table, key, None)

    def snapshot(self) -> bytes:
        """Every table as it is, and the index."""
        return gzip.compress(json.dumps([self.index, self._tables]).encode())

    def restore(self, snapshot: bytes) -> None:
        """Put the tables of a snapshot in the place of all there is: the index goes back to the snapshot's, too.

        Raises ValueError for what is none.
        """
        try:
            index, tables = json.loads(gzip.decompress(snapshot))
        except (OSError, EOFError, zlib.error, TypeError) as error:
            raise ValueError(str(error)) from error
        self.index, self._tables = index, tables
        os.close(self._journal)
        self._journal = self._compact()
        self.restored += 1
        self._wake()

    async def wait_for_change(self, timeout: float) -> bool:
        """Wait until anything changes; False when `timeout` seconds passed first."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def _record(self, table: str, key: str, row: Row | None) -> None:
        os.write(self._journal, _line(self.index, table, key, row))
        if self._durable:
            os.fsync(self._journal)
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _replay(self) -> None:
        if not self._file.exists():
            return
        for line in self._file.read_bytes().split(b"\n"):
            try:
                index, table, key, row = json.loads(line)
            except ValueError:
                continue  # the end of a line that was cut off by a crash, or the empty end of the file
            self.index = max(self.index, index)
            if row is None:
                self._tables.get(table, {}).pop(key, None)
            else:
                self._tables.setdefault(table, {})[key] = row

    def _compact(self) -> int:
        """Write the journal anew with what there is; its descriptor."""
        written = self._file.with_suffix(".new")
        with written.open("wb") as out:
            for table, rows in self._tables.items():
                out.writelines(_line(self.index, table, key, row) for key, row in rows.items())
        written.replace(self._file)
        return os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _line(index: int, table: str, key: str, row: Row | None) -> bytes:
    return json.dumps([index, table, key, row], separators=(",", ":")).encode() + b"\n"

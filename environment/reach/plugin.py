"""The pytest plugin that says which test runs, for the recorder beside it.

It is copied into the root of an instrumented tree and loaded with `-p`; it knows nothing of the package around it.
Rows: one for everything until the first test begins, one for a while in which nobody asks a fleet for anything, one
for each fixture that outlives a test and for each test, one for what comes after the last. What happens between two
tests belongs to the one before. Each process writes lines of JSON about its rows; several may follow each other in one
tree, not run beside each other.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MODULE = "reach_plugin"
ROWS = "reach_rows.jsonl"
UNIT = "tests/unit/"
FOLDER = Path(__file__).parent


class Rows:
    """Gives out rows and writes what they are."""

    def __init__(self, notes: Any, folder: Path) -> None:
        self._notes = notes
        path = folder / ROWS
        known = [json.loads(line)["row"] for line in path.read_text().splitlines()] if path.exists() else []
        self._next = 1 + max(known, default=0)
        self._file = path.open("a", buffering=1)  # By the line: what a killed process wrote is there.
        self.current = 0
        self._keyed: dict[str, int] = {}

    def open(self, kind: str, **values: object) -> int:
        """A new row, current from now on."""
        row = self._new(kind, values)
        self.enter(row)
        return row

    def shared(self, kind: str, key: str) -> int:
        """The row of something that outlives a test, made when it is first asked for; not entered."""
        if key not in self._keyed:
            self._keyed[key] = self._new(kind, {"key": key})
        return self._keyed[key]

    def close(self, row: int, **values: object) -> None:
        """Say what is known of a row at its end."""
        self._write("end", row, values)

    def enter(self, row: int) -> None:
        """Note in this row from now on."""
        self.current = row
        self._notes.enter(row)

    def _new(self, kind: str, values: dict[str, Any]) -> int:
        row, self._next = self._next, self._next + 1
        self._write(kind, row, values)
        return row

    def _write(self, kind: str, row: int, values: dict[str, Any]) -> None:
        self._file.write(json.dumps({"kind": kind, "row": row, **values}) + "\n")


class Reach:
    """Turns what pytest does into rows."""

    def __init__(self, rows: Rows, idle_seconds: float, lasting: Sequence[str]) -> None:
        self._rows = rows
        self._idle_seconds = idle_seconds
        self._lasting = lasting
        self._start = rows.open("start")
        self._used: set[int] = set()

    def pytest_collection_finish(self) -> None:
        for name in self._lasting:
            module, _, place = name.partition("::")
            self._watch(sys.modules.get(module.removesuffix(".py").replace("/", ".")), place)

    def _watch(self, module: ModuleType | None, place: str) -> None:
        """What a function of the tests' support does goes into a row of its own, which its callers share."""
        *owners, last = place.split(".")
        owner: Any = functools.reduce(lambda found, name: getattr(found, name, None), owners, module)
        original = getattr(owner, last, None)
        if original is None:
            return

        @functools.wraps(original)
        def watched(*arguments: Any, **named: Any) -> Any:
            before, row = self._rows.current, self._rows.shared("lasting", place)
            self._used.add(row)
            self._rows.enter(row)
            try:
                return original(*arguments, **named)
            finally:
                self._rows.enter(before)

        setattr(owner, last, watched)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        live = any(not item.nodeid.startswith(UNIT) for item in session.items)
        if live and self._idle_seconds and not session.config.option.collectonly:
            self._rows.open("idle", start=self._start)
            time.sleep(self._idle_seconds)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        row = self._rows.open("test", id=item.nodeid, start=self._start)
        self._used = set()
        began = time.monotonic()
        result = yield
        self._rows.close(row, seconds=round(time.monotonic() - began, 4), shared=sorted(self._used))
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Note, as long as the item knows it, what of its fixtures outlives it: by name or by asking for them."""
        info = getattr(item, "_fixtureinfo", None)
        found = [definitions[-1] for definitions in getattr(info, "name2fixturedefs", {}).values() if definitions]
        found += getattr(getattr(item, "_request", None), "_fixture_defs", {}).values()
        self._used |= {self._rows.shared("fixture", _key(one)) for one in found if one.scope != "function"}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope == "function":
            return (yield)
        before = self._rows.current
        self._rows.enter(self._rows.shared("fixture", _key(fixturedef)))
        try:
            return (yield)
        finally:
            self._rows.enter(before)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._rows.open("stop")


def _key(definition: pytest.FixtureDef[Any]) -> str:
    return f"{definition.baseid}::{definition.argname}"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any conftest: what those import is recorded, too."""
    recorder = importlib.import_module("reach_recorder")
    layout = json.loads((FOLDER / recorder.LAYOUT).read_text())
    rows = Rows(recorder.record(), FOLDER)
    early_config.pluginmanager.register(Reach(rows, layout["idle_seconds"], layout["lasting"]), "omnicloud-reach")

"""The pytest plugin that picks tests out, puts them in the order asked for, and notes how each ends.

It is copied to a folder of its own and loaded with `-p`. Its order comes from the file that OMNICLOUD_AFFECTED names:
`{"ids": [...], "modules": [...], "out": "file for one JSON line a test"}`. Standard library and pytest only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "OMNICLOUD_AFFECTED"
MESSAGE_LIMIT = 2000


class Picked:
    """Keeps the tests that were asked for and writes a line as soon as one is decided."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._rank = {test_id: place for place, test_id in enumerate(order["ids"])}
        self._modules = frozenset(order["modules"])
        self._out = Path(order["out"])
        self._ends: dict[str, tuple[str, str]] = {}
        self._seconds: dict[str, float] = {}

    def _write(self, **values: object) -> None:
        with self._out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
        """After everybody else has had a say in it."""
        yield
        kept = [item for item in items if item.nodeid in self._rank or self._module(item.nodeid) in self._modules]
        left_out = [item for item in items if item not in set(kept)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        last = len(self._rank)
        items[:] = sorted(kept, key=lambda item: self._rank.get(item.nodeid, last))
        self._write(kind="collected", ids=[item.nodeid for item in items])

    @staticmethod
    def _module(nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write(kind="uncollectable", id=report.nodeid, message=_message(report))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        known, _ = self._ends.get(report.nodeid, ("passed", ""))
        if known != "passed":
            return
        end = "failed" if report.failed else "skipped" if report.skipped else "passed"
        self._ends[report.nodeid] = (end, "" if end == "passed" else _message(report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        end, message = self._ends.get(nodeid, ("failed", "it ended without a report"))
        self._write(kind="decided", id=nodeid, outcome=end, message=message, seconds=self._seconds.get(nodeid, 0.0))


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):  # of a skipped test: file, line, reason
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext
    return str(text).strip()[:MESSAGE_LIMIT]


def pytest_configure(config: pytest.Config) -> None:
    order = json.loads(Path(os.environ[VARIABLE]).read_text())
    config.pluginmanager.register(Picked(order), "omnicloud-picked")

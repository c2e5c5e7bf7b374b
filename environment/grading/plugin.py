"""The pytest plugin that reports results through a descriptor of its own.

It is loaded with `-p` from a private folder outside the tree that is tested. Its order comes from a file without a
name that is closed as soon as it is read: the descriptor to write to, a nonce that every line must carry, the ids to
run (all when null), those that run first, and the packages that this process must never import. Standard library only.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

ORDER_VARIABLE = "OMNICLOUD_RESULTS_ORDER"
MESSAGE_LIMIT = 400


class Barred(importlib.abc.MetaPathFinder):
    """Refuses to import packages: the process that judges must not run the code that is judged."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = frozenset(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in self._packages:
            raise ImportError(f"{fullname}: tests of this category talk to the fleet, they don't import it")
        return None


class Refused(Exception):
    """A process would run code that is judged with the rights of the one that judges."""


def refuse_commands(packages: Sequence[str]) -> None:
    """Let this process start no `python -m` of these packages: a fleet runs them, as it runs its services. There is no
    way back."""

    def look(event: str, values: tuple[Any, ...]) -> None:
        if event not in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            return
        words = values[1] if isinstance(values[1], list | tuple) else [values[1]]
        if (module := _module([os.fsdecode(word) for word in words])).partition(".")[0] in packages:
            raise Refused(f"python -m {module}: tests of this category have the fleet run it (`fleet.run`)")

    sys.addaudithook(look)


def _module(words: Sequence[str]) -> str:
    """The module that a command runs with `-m`; empty for others."""
    for place, word in enumerate(words[1:], start=1):
        if word == "-m":
            return "".join(words[place + 1 : place + 2])
        if not word.startswith("-"):
            return ""
    return ""


class Results:
    """Writes a line per test as soon as it is decided, and a closing line with the counts."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._descriptor = int(order["descriptor"])
        os.set_inheritable(self._descriptor, False)
        self._nonce = order["nonce"]
        self._wanted = None if order["ids"] is None else frozenset(order["ids"])
        self._rank = {test_id: place for place, test_id in enumerate(order["first"])}
        self._outcomes: dict[str, tuple[str, str]] = {}
        self._decided = 0
        self._process = os.getpid()

    def _write(self, kind: str, **values: object) -> None:
        if os.getpid() != self._process:
            return
        line = json.dumps({"nonce": self._nonce, "kind": kind, **values}) + "\n"
        data = line.encode()
        while data:
            data = data[os.write(self._descriptor, data) :]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self._wanted is not None:
            left_out = [item for item in items if item.nodeid not in self._wanted]
            if left_out:
                config.hook.pytest_deselected(items=left_out)
                items[:] = [item for item in items if item.nodeid in self._wanted]
        items.sort(key=lambda item: self._rank.get(item.nodeid, len(self._rank)))
        for item in items:
            services = [name for mark in item.iter_markers("services") for name in mark.args]
            about_state = item.get_closest_marker("infrastructure_state") is not None
            self._write("collected", id=item.nodeid, services=services, infrastructure_state=about_state)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write("uncollectable", id=report.nodeid, message=_message(report))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._outcomes[nodeid] = ("passed", "")
        self._write("started", id=nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before, _ = self._outcomes.get(report.nodeid, ("passed", ""))
        if before != "passed":
            return
        if report.skipped or hasattr(report, "wasxfail"):
            self._outcomes[report.nodeid] = ("skipped", _message(report))
        elif report.failed:
            outcome = "failed" if report.when == "call" else "error"
            self._outcomes[report.nodeid] = (outcome, _message(report))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        outcome, message = self._outcomes[nodeid]
        self._decided += 1
        self._write("decided", id=nodeid, outcome=outcome, message=message)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._write("finished", decided=self._decided, exit_status=int(exitstatus))


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext
    return str(text).strip()[:MESSAGE_LIMIT]


def pytest_configure(config: pytest.Config) -> None:
    with os.fdopen(int(os.environ.pop(ORDER_VARIABLE))) as file:
        order = json.load(file)
    if order["barred"]:
        sys.meta_path.insert(0, Barred(order["barred"]))
        refuse_commands(order["barred"])
    config.pluginmanager.register(Results(order), "omnicloud-results")

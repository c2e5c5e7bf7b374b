"""Runs chosen tests of a folder: those without a fleet in one process, beside it those with a fleet in another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environment.affected import collector
from environment.affected.order import Choice, is_unit, shares

PLUGIN_NAME = "omnicloud_affected"
POLL_SECONDS = 0.03
REGULAR = (0, 1, 5)
"""pytest's exit statuses when it could do its work: all passed, some failed, none was there."""
ARGUMENTS = ("-q", "-q", "--tb=short", "--color=no", "--continue-on-collection-errors", "--timeout-method=signal")
ONE_AFTER_THE_OTHER = ("-p", "no:xdist", "-p", "no:randomly")
"""The order is given, and one process keeps it."""

LOGS = ".omnicloud/affected-tests"


@dataclass(frozen=True)
class Decided:
    """How a test ended: "passed", "failed" or "skipped", and what it said."""

    outcome: str
    message: str
    seconds: float


OnDecided = Callable[[str, Decided], None]
OnQuick = Callable[[float], None]
Prepare = Callable[[], Mapping[str, str]]
"""Makes a fleet ready and gives the environment in which tests find it."""


@dataclass(frozen=True)
class Result:
    """What the chosen tests gave."""

    decided: Mapping[str, Decided]
    uncollectable: Mapping[str, str] = field(default_factory=dict)
    """Test modules that could not be read, and why."""
    missing: tuple[str, ...] = ()
    """Chosen tests of which nothing is known: they aren't there any more, or their process ended too early."""
    seconds: float = 0.0
    first_failure: float | None = None
    """Seconds until the first test had failed."""
    quick_seconds: float = 0.0
    """Seconds until all but the long ones were decided; without long ones all."""
    troubles: tuple[str, ...] = ()
    """Why a process could not run its tests to the end."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the tests that failed, in the order in which they did."""
        return tuple(test_id for test_id, end in self.decided.items() if end.outcome == "failed")

    @property
    def good(self) -> bool:
        """Whether everything that was to run did and passed (a skipped test counts as neither)."""
        return not (self.failed or self.uncollectable or self.missing or self.troubles)


class _Notes:
    """Gathers what several processes write."""

    def __init__(self, quick: Collection[str], on_decided: OnDecided, on_quick: OnQuick, began: float) -> None:
        self.decided: dict[str, Decided] = {}
        self.uncollectable: dict[str, str] = {}
        self.troubles: list[str] = []
        self.first_failure: float | None = None
        self.quick_seconds: float | None = None
        self._quick = set(quick)
        self._on_decided = on_decided
        self._on_quick = on_quick
        self._began = began
        self._lock = threading.Lock()

    def take(self, record: Mapping[str, Any]) -> None:
        with self._lock:
            if record["kind"] == "uncollectable":
                self.uncollectable[record["id"]] = record["message"]
            elif record["kind"] == "decided":
                end = Decided(record["outcome"], record["message"], record["seconds"])
                self.decided[record["id"]] = end
                if end.outcome == "failed" and self.first_failure is None:
                    self.first_failure = time.monotonic() - self._began
                self._on_decided(record["id"], end)
                if record["id"] in self._quick:
                    self._quick.discard(record["id"])
                    if not self._quick:
                        self.quick_seconds = time.monotonic() - self._began
                        self._on_quick(self.quick_seconds)


def run_chosen(
    folder: Path,
    choice: Choice,
    arguments: Sequence[str] = (),
    workers: Sequence[Prepare | None] = (None,),
    on_decided: OnDecided = lambda test_id, end: None,
    on_quick: OnQuick = lambda seconds: None,
) -> Result:
    """Run the chosen tests in the folder, as they stand there; `arguments` go to pytest.

    Each worker has a share of the tests that need a fleet, and a fleet of its own: the one that it prepares, else one
    that its tests start. `on_quick` is called once all but the long tests are decided.
    """
    began = time.monotonic()
    notes = _Notes(frozenset(choice.tests) - choice.long, on_decided, on_quick, began)
    unit_modules = [path for path in choice.modules if is_unit(path)]
    live_modules = [path for path in choice.modules if not is_unit(path)]
    with ThreadPoolExecutor(1 + len(workers)) as pool:
        parts = [pool.submit(_phase, folder, "unit", choice.unit, unit_modules, arguments, None, notes)]
        for number, ids in enumerate(shares(choice, len(workers))):
            name, modules = f"live-{number + 1}", [] if number else live_modules
            # What runs as a whole in an edited module doesn't run once more by its id.
            ids = [test_id for test_id in ids if test_id.partition("::")[0] not in live_modules]
            parts.append(pool.submit(_phase, folder, name, ids, modules, arguments, workers[number], notes))
        for part in parts:
            part.result()
    missing = tuple(test_id for test_id in choice.tests if test_id not in notes.decided)
    seconds = time.monotonic() - began
    return Result(
        notes.decided,
        notes.uncollectable,
        missing,
        seconds,
        notes.first_failure,
        seconds if notes.quick_seconds is None or not choice.long else notes.quick_seconds,
        tuple(notes.troubles),
    )


def _phase(
    folder: Path,
    name: str,
    ids: Sequence[str],
    modules: Sequence[str],
    arguments: Sequence[str],
    prepare: Prepare | None,
    notes: _Notes,
) -> None:
    paths = sorted({*(test_id.partition("::")[0] for test_id in ids), *modules})
    paths = [path for path in paths if (folder / path).is_file()]
    if not paths:
        return
    variables = prepare() if prepare is not None else {}
    with _order(ids, modules) as (plugin, order, out):
        log = folder / LOGS / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pytest", *paths, "-p", PLUGIN_NAME, *ONE_AFTER_THE_OTHER, *ARGUMENTS]
        environment = {**os.environ, **variables, "PYTHONPATH": str(plugin), collector.VARIABLE: str(order)}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _follow(process, out, notes)
        if process.returncode not in REGULAR:
            notes.troubles.append(f"the {name} tests' process ended with status {process.returncode}; see {log}")


@contextmanager
def _order(ids: Sequence[str], modules: Sequence[str]) -> Iterator[tuple[Path, Path, Path]]:
    """The plugin's folder, its order, and the file that it writes to."""
    with tempfile.TemporaryDirectory(prefix="oc-affected-") as scratch:
        folder = Path(scratch)
        shutil.copyfile(collector.__file__, folder / f"{PLUGIN_NAME}.py")
        out = folder / "out"
        out.touch()
        order = folder / "order.json"
        order.write_text(json.dumps({"ids": list(ids), "modules": list(modules), "out": str(out)}))
        yield folder, order, out


def _follow(process: subprocess.Popen[bytes], out: Path, notes: _Notes) -> None:
    """Take every line as it is written, until the process has ended."""
    rest = b""
    with out.open("rb") as file:
        while True:
            ended = process.poll() is not None
            *lines, rest = (rest + file.read()).split(b"\n")
            for line in lines:
                notes.take(json.loads(line))
            if ended:
                return
            time.sleep(POLL_SECONDS)

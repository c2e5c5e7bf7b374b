"""One pytest process and the channel through which its results come."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from environment.grading import nanny, plugin
from environment.grading.errors import InfrastructureError, Stopped
from environment.grading.results import Collected, Outcome, SuiteRun

PLUGIN_NAME = "omnicloud_results"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOG_LINES = 40
ALL_PASSED, SOME_FAILED, NONE_COLLECTED = 0, 1, 5
"""pytest's exit statuses of a regular run."""

SERVICE_USER = "OMNICLOUD_SERVICE_USER"
KEPT_VARIABLES = ("TZ", "OMNICLOUD_PATIENCE", SERVICE_USER)
"""What of the caller's environment is handed on: how patient to be on a slow host, and whom services run as."""

OnDecided = Callable[[str, Outcome], None]


class Stop(Protocol):
    """What tells a run to stop: an Event, or several."""

    def is_set(self) -> bool:
        """Whether it shall."""


class AnyOf:
    """Set as soon as one of several is."""

    def __init__(self, *parts: Stop) -> None:
        self._parts = parts

    def is_set(self) -> bool:
        """Whether one of them is."""
        return any(part.is_set() for part in self._parts)


@dataclass(frozen=True)
class Limits:
    """Seconds after which a process is given up: in all, and without any test starting or ending. The fleet's start,
    which may take 300, counts as such a silence."""

    total: float = 1800.0
    silent: float = 420.0


@dataclass(frozen=True)
class Job:
    """What to run: paths below `tree` as pytest arguments, and the ids that count.

    `expected` None means "whatever is collected", which is how the reference is measured.
    """

    tree: Path
    paths: Sequence[str]
    expected: Collection[str] | None
    barred: Sequence[str] = ()
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    stop: Stop | None = None
    first: Sequence[str] = ()
    """Ids that run before all others, in this order."""


@contextmanager
def private_folder(prefix: str = "oc-") -> Iterator[Path]:
    """A folder that only this user can enter, removed afterwards. Its path is short: sockets lie below it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_pytest(job: Job, on_decided: OnDecided | None = None) -> SuiteRun:
    """Run pytest on a tree and judge what it reports.

    Raises `InfrastructureError` when pytest itself can't run, `Stopped` when it was told to stop. A process that dies,
    hangs or contradicts itself is the fault of the code under test and shows in the answer.
    """
    with private_folder() as private:
        channel = Channel(job, on_decided)
        status = _execute(job, private, channel)
        log = (private / "log").read_text(errors="replace")
        tail = "\n".join(log.splitlines()[-LOG_LINES:])
        return channel.verdict(status, tail)


class Channel:
    """Collects the lines of one process and checks them against each other."""

    def __init__(self, job: Job, on_decided: OnDecided | None) -> None:
        self.nonce = secrets.token_hex(16)
        self.expected = None if job.expected is None else frozenset(job.expected)
        self.live = bool(job.barred)
        self._on_decided = on_decided
        self._tree = f"{job.tree}/"
        self._outcomes: dict[str, Outcome] = {}
        self._messages: dict[str, str] = {}
        self._collected: dict[str, Collected] = {}
        self._uncollectable: dict[str, str] = {}
        self._running = ""
        self._finished: dict[str, Any] | None = None
        self._void = ""

    def receive(self, line: bytes) -> None:
        """Take one line; the first contradiction voids the run."""
        try:
            record = json.loads(line)
            if not secrets.compare_digest(str(record["nonce"]), self.nonce):
                raise ValueError("wrong nonce")
            self._take(record)
        except (ValueError, KeyError, TypeError) as error:
            self._contradiction(f"a line on the results' channel isn't ours ({type(error).__name__})")

    def _take(self, record: dict[str, Any]) -> None:
        kind = record["kind"]
        if self._finished is not None:
            self._contradiction("results came after the closing line")
        elif kind == "collected":
            self._collected[record["id"]] = Collected(tuple(record["services"]), bool(record["infrastructure_state"]))
        elif kind == "uncollectable":
            self._uncollectable[record["id"]] = self._local(record["message"])
        elif kind == "started":
            self._running = record["id"]
        elif kind == "decided":
            self._decide(record["id"], Outcome(record["outcome"]), record["message"])
        elif kind == "finished":
            self._finished = record
        else:
            self._contradiction(f"unknown line {kind!r}")

    def _decide(self, test_id: str, outcome: Outcome, message: str) -> None:
        if test_id in self._outcomes:
            self._contradiction(f"{test_id} was decided twice")
        if test_id not in self._collected:
            self._contradiction(f"{test_id} was decided but never collected")
        self._running = ""
        self._outcomes[test_id] = outcome
        if message:
            self._messages[test_id] = self._local(message)
        if self._on_decided is not None:
            self._on_decided(test_id, outcome)

    def _local(self, message: str) -> str:
        """The message with paths as they are in the tree, wherever this copy of it lay."""
        return message.replace(self._tree, "")

    def _contradiction(self, text: str) -> None:
        self._void = self._void or text

    def verdict(self, status: int | None, tail: str) -> SuiteRun:
        """Close the run: `status` is pytest's exit status, None when it was given up."""
        self._check(status, tail)
        expected = self.expected if self.expected is not None else frozenset(self._collected) | set(self._uncollectable)
        outcomes = {test_id: self._outcomes.get(test_id, Outcome.MISSING) for test_id in sorted(expected)}
        messages = {test_id: text for test_id, text in self._messages.items() if test_id in expected}
        left_out = (
            f"didn't run: {self._local(_last_error(tail))}"
            if self._finished is None and status is not None
            else "didn't run"
        )
        if self._running in outcomes:
            outcomes[self._running] = Outcome.TIMEOUT if status is None else Outcome.ERROR
            messages[self._running] = "the process didn't survive this test"
        for test_id, outcome in outcomes.items():
            if outcome is Outcome.MISSING:
                messages[test_id] = self._uncollectable.get(test_id.partition("::")[0], left_out)
        return SuiteRun(outcomes, messages, self._collected, self._void, tail)

    def _check(self, status: int | None, tail: str) -> None:
        if status is None:
            return
        if status not in (ALL_PASSED, SOME_FAILED, NONE_COLLECTED) and status < 128 and self.live:
            raise InfrastructureError(f"pytest ended with status {status} before it could judge anything:\n{tail}")
        if self._finished is None:
            if status in (ALL_PASSED, NONE_COLLECTED):
                self._contradiction("the process ended as if all were well, without its closing line")
            return
        failures = [
            test_id for test_id, outcome in self._outcomes.items() if outcome in (Outcome.FAILED, Outcome.ERROR)
        ]
        if self._finished["exit_status"] != status:
            self._contradiction("the exit status isn't the one that was reported")
        if self._finished["decided"] != len(self._outcomes):
            self._contradiction("the number of results isn't the one that was reported")
        if status == ALL_PASSED and (failures or self._uncollectable):
            self._contradiction("the exit status says that all passed, the results don't")
        if status == SOME_FAILED and not failures and not self._uncollectable:
            self._contradiction("the results say that all passed, the exit status doesn't")


def _last_error(log: str) -> str:
    """What a process that ended too early said last: pytest marks the lines of an error with an E."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["no word why"])[-1]


def _execute(job: Job, private: Path, channel: Channel) -> int | None:
    plugin_folder = private / "plugin"
    for name in ("plugin", "home", "tmp"):
        (private / name).mkdir()
    shutil.copyfile(plugin.__file__, plugin_folder / f"{PLUGIN_NAME}.py")
    read_end, write_end = os.pipe()
    order = private / "order.json"
    order.write_text(
        json.dumps(
            {
                "descriptor": write_end,
                "nonce": channel.nonce,
                "ids": None if channel.expected is None else sorted(channel.expected),
                "barred": list(job.barred),
                "first": list(job.first),
            }
        )
    )
    pytest_command = [sys.executable, "-m", "pytest", *job.paths, "-p", PLUGIN_NAME, *FIXED_ARGUMENTS, *job.arguments]
    command = [sys.executable, "-I", nanny.__file__, str(write_end), *pytest_command]
    environment = {**_environment(private, plugin_folder), **job.environment, plugin.ORDER_VARIABLE: str(order)}
    try:
        with open(private / "log", "wb") as log:
            process = subprocess.Popen(
                command,
                cwd=job.tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(write_end,),
                start_new_session=True,
            )
    except OSError as error:
        os.close(read_end)
        raise InfrastructureError(f"pytest can't be started: {error}") from error
    finally:
        os.close(write_end)
    try:
        return _listen(process, read_end, channel, job)
    finally:
        os.close(read_end)
        _end(process)


FIXED_ARGUMENTS = (
    "-p",
    "no:xdist",
    "--continue-on-collection-errors",
    "--timeout-method=signal",
    "--tb=short",
    "-q",
    "-q",
    "--color=no",
)
"""Timeouts by signal end the test; by thread (the tree's setting) they would end the whole process. No workers: results
come over one channel from one process."""


def _environment(private: Path, plugin_folder: Path) -> dict[str, str]:
    """The environment of a pytest process. Database templates are kept in a cache that agents' fleets don't use."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "omnicloud-grading"
    return {
        "PATH": f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
        "HOME": str(private / "home"),
        "TMPDIR": str(private / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(plugin_folder),
        "PYTHONNOUSERSITE": "1",
        "XDG_CACHE_HOME": str(cache),
        # What an agent's jobs report of themselves is no ground for later fleets to stand on: its tree may use what
        # trees of the environment's own making left (a job's environment says so), and leaves nothing.
        "OMNICLOUD_TEMPLATES": "read",
        **kept,
    }


def _listen(process: subprocess.Popen[bytes], read_end: int, channel: Channel, job: Job) -> int | None:
    """Pass lines on until the channel is closed, then wait for the end; None when a limit was reached."""
    limits = job.limits
    began = heard = time.monotonic()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(read_end, selectors.EVENT_READ)
        while time.monotonic() - began < limits.total and time.monotonic() - heard < limits.silent:
            if job.stop is not None and job.stop.is_set():
                raise Stopped("stopped before all tests had run")
            if not selector.select(1.0):
                continue
            data = os.read(read_end, 65536)
            if not data:
                return _wait(process, limits.silent)
            heard = time.monotonic()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                channel.receive(line)
    return None


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have the nanny stop everything; it needs a little longer than the grace that it gives."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(nanny.GRACE_SECONDS + 15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

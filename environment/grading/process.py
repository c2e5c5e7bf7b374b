"""One pytest process and the channel through which its results come."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from environment.fleet.logs import last_lines
from environment.fleet.project import cache_dir
from environment.fleet.walls.room import ROOM_VARIABLE, temporary
from environment.grading import guarded, plugin, scratch
from environment.grading.errors import InfrastructureError, Stopped
from environment.grading.guarded import Guarded
from environment.grading.machine import bearable_mib
from environment.grading.nanny import Ending
from environment.grading.parties import (
    SERVICE_LIMITS,
    SERVICE_MEMORY_MIB,
    UNIT_LIMITS,
    UNIT_MEMORY_MIB,
    Parties,
    Party,
)
from environment.grading.results import Collected, Outcome, SuiteRun
from environment.workspace.text import encodable

PLUGIN_NAME = "omnicloud_results"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOG_LINES = 40
LINE_LIMIT = 2**16
"""Bytes of a line on the results' channel: an id, and a message that the plugin cuts."""
CHANNEL_LIMIT = 2**26
"""Bytes of all lines of a process. Code under test can write them, too, and this process keeps what they say."""
NOT_RUN = "didn't run"
"""What is said of a test that nothing kept from running but a limit, or the end of its process."""
ALL_PASSED, SOME_FAILED, NONE_COLLECTED = 0, 1, 5
REGULAR = (ALL_PASSED, SOME_FAILED, NONE_COLLECTED)
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
    which may take 300, counts as such a silence. In all it is thrice what a half of the suite takes on a slow machine:
    what is cut off counts as failed."""

    total: float = 5400.0
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
    parties: Parties | None = None
    """Says behind which walls a process goes that imports the code under test; None for code that is one's own."""

    @property
    def foreign(self) -> bool:
        """Whether the process runs code that may want to deceive."""
        return self.parties is not None and not self.barred


@contextmanager
def private_folder(prefix: str = scratch.PREFIX) -> Iterator[Path]:
    """A folder in which only this user can look around, removed afterwards. Its path is short: sockets lie below it."""
    taken = scratch.take(prefix)
    try:
        yield taken.path
    finally:
        taken.close()


def run_pytest(job: Job, on_decided: OnDecided | None = None) -> SuiteRun:
    """Run pytest on a tree and judge what it reports.

    Raises `InfrastructureError` when pytest itself can't run, `Stopped` when it was told to stop. A process that dies,
    hangs or contradicts itself is the fault of the code under test and shows in the answer.
    """
    with private_folder() as private:
        channel = Channel(job, on_decided)
        ending = _execute(job, private, channel)
        return channel.verdict(ending, "\n".join(last_lines(private / "log", LOG_LINES)))


class Channel:
    """Collects the lines of one process and checks them against each other."""

    def __init__(self, job: Job, on_decided: OnDecided | None) -> None:
        self.nonce = secrets.token_hex(16)
        self.expected = None if job.expected is None else frozenset(job.expected)
        self.live = bool(job.barred)
        self.foreign = job.foreign
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
            if not all(isinstance(record.get(name, ""), str) for name in ("id", "message")):
                raise TypeError("no text")
            self._take(record)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._contradiction(f"a line on the results' channel isn't ours ({type(error).__name__})")

    def _take(self, record: dict[str, Any]) -> None:
        kind = record["kind"]
        if self._finished is not None:
            self._contradiction("results came after the closing line")
        elif kind == "collected":
            self._collected[_text(record, "id")] = Collected(
                tuple(map(str, record["services"])), bool(record["infrastructure_state"])
            )
        elif kind == "uncollectable":
            self._uncollectable[_text(record, "id")] = self._local(_text(record, "message"))
        elif kind == "started":
            self._running = _text(record, "id")
        elif kind == "decided":
            self._decide(_text(record, "id"), Outcome(record["outcome"]), _text(record, "message"))
        elif kind == "finished":
            self._finished = {name: record[name] for name in ("exit_status", "decided")}
        else:
            self._contradiction(f"unknown line {kind!r}")

    def _decide(self, test_id: str, outcome: Outcome, message: str) -> None:
        if test_id in self._outcomes:
            self._contradiction(f"{test_id} was decided twice")
        if test_id not in self._collected:
            self._contradiction(f"{test_id} was decided but never collected")
        if self.expected is not None and test_id not in self.expected:
            # pytest leaves out all others. Who is told of decisions shows their ids to people.
            self._contradiction("a test was decided that nobody asked for")
            return
        self._running = ""
        self._outcomes[test_id] = outcome
        if message:
            self._messages[test_id] = self._local(message)
        if self._on_decided is not None:
            self._on_decided(test_id, outcome)

    def _local(self, message: str) -> str:
        """The message with paths as they are in the tree, wherever this copy of it lay."""
        return message.replace(self._tree, "")

    def overflow(self) -> None:
        """More came than pytest has to say."""
        self._contradiction("there is more on the results' channel than a run has to tell")

    def _contradiction(self, text: str) -> None:
        self._void = self._void or text

    def verdict(self, ending: Ending | None, tail: str) -> SuiteRun:
        """Close the run: how pytest's process ended, None when it was given up."""
        status = None if ending is None else ending.status
        self._check(ending, tail)
        expected = self.expected if self.expected is not None else frozenset(self._collected) | set(self._uncollectable)
        outcomes = {test_id: self._outcomes.get(test_id, Outcome.MISSING) for test_id in sorted(expected)}
        messages = {test_id: text for test_id, text in self._messages.items() if test_id in expected}
        left_out = (
            f"{NOT_RUN}: {self._local(_last_error(tail))}" if self._finished is None and status is not None else NOT_RUN
        )
        if ending is not None and ending.excess:
            left_out = f"{NOT_RUN}: {_manner(ending)}"
        if self._running in outcomes:
            ended = ending is not None and ending.excess
            outcomes[self._running] = Outcome.TIMEOUT if status is None and not ended else Outcome.ERROR
            messages[self._running] = _manner(ending) if ended else "the process didn't survive this test"
        for test_id, outcome in outcomes.items():
            if outcome is Outcome.MISSING:
                messages[test_id] = self._uncollectable.get(test_id.partition("::")[0], left_out)
        return SuiteRun(outcomes, messages, self._collected, self._void, tail)

    def _check(self, ending: Ending | None, tail: str) -> None:
        if ending is not None and ending.left:
            self._contradiction(f"{ending.left} processes could not be ended")
        status = None if ending is None else ending.status
        if status not in REGULAR:
            if self.live and status is not None and status >= 0:
                raise InfrastructureError(f"pytest ended with status {status} before it could judge anything:\n{tail}")
            if self.foreign:
                self._contradiction(_manner(ending))
            return
        if self._finished is None:
            if status in (ALL_PASSED, NONE_COLLECTED):
                self._contradiction("the process ended as if all were well, without its closing line")
            elif self.foreign:
                self._contradiction("the process ended without its closing line")
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


def _text(record: dict[str, Any], name: str) -> str:
    """A text of a line, whatever a test of the code under test put into it. Raises TypeError for what is none."""
    if not isinstance(record[name], str):
        raise TypeError(f"{name} isn't a text")
    return encodable(record[name])


def _manner(ending: Ending | None) -> str:
    """How a process ended that didn't end as pytest does."""
    if ending is None:
        return "the process was given up: it took too long"
    if ending.excess:
        return f"what ran took more than {ending.excess}, and was ended"
    if ending.status is None:
        return "who watched the process was killed"
    return f"the process ended with {'signal' if ending.status < 0 else 'status'} {abs(ending.status)}"


def _last_error(log: str) -> str:
    """What a process that ended too early said last: pytest marks the lines of an error with an E."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["no word why"])[-1]


def _execute(job: Job, private: Path, channel: Channel) -> Ending | None:
    """Run pytest; None when it was given up."""
    plugin_folder, own = private / "plugin", [private / name for name in ("home", "tmp")]
    for folder in (plugin_folder, *own):
        folder.mkdir()
    shutil.copyfile(plugin.__file__, plugin_folder / f"{PLUGIN_NAME}.py")
    party = Party(None, Path(sys.executable))
    if job.foreign and job.parties is not None:
        party = job.parties.party(
            private, private / "tmp", read=[job.tree, plugin_folder], write=[private / "home"], limits=UNIT_LIMITS
        )
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as order, open(private / "log", "wb") as log:
        order.write(json.dumps(_order(job, channel, write_end)).encode())
        order.seek(0)
        # Anybody on the machine can read a command line, and names of held-out tests tell of bugs.
        paths = plugin_folder / "paths"
        paths.write_text("".join(f"{path}\n" for path in job.paths))
        command = [str(party.python), "-m", "pytest", f"@{paths}", "-p", PLUGIN_NAME, *FIXED_ARGUMENTS, *job.arguments]
        fleet, told_room = _fleet(job, private)
        variables = {
            **_environment(private, plugin_folder, party),
            **job.environment,
            **told_room,
            plugin.ORDER_VARIABLE: str(order.fileno()),
        }
        most = (UNIT_MEMORY_MIB if job.foreign else SERVICE_MEMORY_MIB) if job.parties else 0
        try:
            process = guarded.start(
                *(command, job.tree, variables, party.room, log, (write_end, order.fileno())),
                memory_mib=bearable_mib(most),
                users=fleet,
                folders=[private, job.tree] if job.parties else [],
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
    ending = None
    try:
        ending = _listen(process, read_end, channel, job)
    finally:
        os.close(read_end)
        left = process.stop().left
    return replace(ending or Ending(), left=left) if left else ending


def _fleet(job: Job, private: Path) -> tuple[Sequence[int], dict[str, str]]:
    """The users of the code under test where that has walls of its own, and what tells the runner of the fleet that the
    process starts of these walls."""
    if job.parties is None or job.foreign:
        return (), {}
    folder = private / "fleet"
    (folder / "tmp").mkdir(parents=True)
    party = job.parties.party(folder, folder / "tmp", read=[job.tree], limits=SERVICE_LIMITS, network=True, fleet=True)
    room = party.room
    if room is None or (os.geteuid() == 0 and not room.user):
        return (), {}
    told = private / "room.json"
    told.write_text(room.to_json())
    return (room.user,) if room.user else (), {ROOM_VARIABLE: str(told)}


def _order(job: Job, channel: Channel, descriptor: int) -> dict[str, Any]:
    """What the plugin is told."""
    return {
        "descriptor": descriptor,
        "nonce": channel.nonce,
        "ids": None if channel.expected is None else sorted(channel.expected),
        "barred": list(job.barred),
        "first": list(job.first),
    }


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


def _environment(private: Path, plugin_folder: Path, party: Party) -> dict[str, str]:
    """The environment of a pytest process. Database templates are kept in a cache that agents' fleets don't use."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    variables = {
        "PATH": f"{party.python.parent}:{SYSTEM_PATH}",
        "HOME": str(private / "home"),
        "TMPDIR": temporary(party.room) if party.room else str(private / "tmp"),
        "LANG": "C.UTF-8",
        "CI": "true",
        "PYTHONPATH": str(plugin_folder),
        "PYTHONNOUSERSITE": "1",
    }
    if party.room is not None:
        # It can't write to its tree and has no name; what would be kept for the next time has no next time.
        own = {"PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": variables["TMPDIR"], "USER": "tests"}
        return variables | own | kept
    return {
        **variables,
        "XDG_CACHE_HOME": str(cache_dir("omnicloud-grading")),
        # What an agent's jobs report of themselves is no ground for later fleets to stand on: its tree may use what
        # trees of the environment's own making left (a job's environment says so), and leaves nothing.
        "OMNICLOUD_TEMPLATES": "read",
        **kept,
    }


def _listen(process: Guarded, read_end: int, channel: Channel, job: Job) -> Ending | None:
    """Pass lines on until the channel is closed, then wait for the end; None when a limit was reached."""
    limits = job.limits
    began = heard = time.monotonic()
    received, rest = 0, b""
    with selectors.DefaultSelector() as selector:
        selector.register(read_end, selectors.EVENT_READ)
        while time.monotonic() - began < limits.total and time.monotonic() - heard < limits.silent:
            if job.stop is not None and job.stop.is_set():
                raise Stopped("stopped before all tests had run")
            if not selector.select(1.0):
                continue
            data = os.read(read_end, 65536)
            if not data:
                return process.wait(limits.silent)
            heard = time.monotonic()
            received += len(data)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                channel.receive(line)
            if len(rest) > LINE_LIMIT or received > CHANNEL_LIMIT:
                channel.overflow()
                return None
    return None

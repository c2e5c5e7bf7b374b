"""What a party takes of the machine's memory together has a bound, whatever it is that takes it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from environment.fleet.walls.host import this_host
from environment.grading import guarded, memory, pen
from environment.grading.memory import MIB, Watch
from environment.grading.nanny import Ending
from environment.grading.parties import Parties

MOST_MIB = 256
MEANS = ("users,namespaces,landlock", "namespaces,landlock")
MANY = """
for _ in range(8):
    if os.fork() == 0:
        own = bytearray(b'x' * (50 << 20))
        time.sleep(60)
time.sleep(60)
"""
SHARED = """
own = bytearray(b'x' * (100 << 20))
for _ in range(8):
    if os.fork() == 0:
        time.sleep(1.5)
        os._exit(0)
for _ in range(8):
    os.wait()
"""
WITHOUT_A_NAME = """
held = os.memfd_create("x")
for _ in range(400):
    os.write(held, b'x' * (1 << 20))
time.sleep(60)
"""
IN_MEMORY = """
with open("/dev/shm/a", "wb") as a:
    for _ in range(200):
        a.write(b'x' * (1 << 20))
own = bytearray(b'x' * (100 << 20))
time.sleep(60)
"""
SEGMENTS = """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for _ in range(4):
    segment = libc.shmget(0, ctypes.c_size_t(100 << 20), 0o1600)
    place = libc.shmat(segment, None, 0)
    ctypes.memset(place, 1, 100 << 20)
    libc.shmdt(ctypes.c_void_p(place))
print("done", flush=True)
time.sleep(60)
"""

pytestmark = pytest.mark.timeout(300)


def outcome(folder: Path, script: str, means: str = MEANS[0]) -> Ending | None:
    """How a script ends behind walls that may take so much; None when nothing ended it for half a minute."""
    for name in ("own", "own/tmp", "work"):
        (folder / name).mkdir()
    folder.chmod(0o711)
    party = Parties(this_host(means)).party(folder / "own", folder / "own/tmp", write=[folder / "work"])
    if means != "none" and not (party.room and party.room.mounts):
        pytest.skip("this host gives no shared memory of one's own")
    with (folder / "log").open("wb") as log:
        command = [str(party.python), "-c", f"import os, time\n{script}"]
        process = guarded.start(command, folder / "work", {}, party.room, log, memory_mib=MOST_MIB)
        try:
            return process.wait(30)
        finally:
            process.stop()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(MANY, id="many-processes"),
        pytest.param(WITHOUT_A_NAME, id="files-without-a-name"),
        pytest.param(IN_MEMORY, id="files-in-memory"),
        pytest.param(SEGMENTS, id="segments"),
    ],
)
@pytest.mark.parametrize("means", MEANS)
def test_who_takes_too_much_together_is_ended(tmp_path: Path, script: str, means: str) -> None:
    assert outcome(tmp_path, script, means) == Ending(excess=f"{MOST_MIB} MiB of memory")


def test_without_walls_it_is_ended_too(tmp_path: Path) -> None:
    assert outcome(tmp_path, MANY, "none") == Ending(excess=f"{MOST_MIB} MiB of memory")


def test_what_processes_share_counts_once(tmp_path: Path) -> None:
    # Given eight children of a process, with its 100 MiB seen in each: 900 MiB, of which the machine has lost 100
    assert outcome(tmp_path, SHARED) == Ending(0)


class Machine:
    """What the watch sees: sizes by process, and what counting gives and costs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: dict[int, int] = {}
        self.counted, self.counts, self.clock, self.spent = 0, 0, 1000.0, 0.0
        monkeypatch.setattr(memory, "resident", self._resident)
        monkeypatch.setattr(memory, "taken", self._taken)
        monkeypatch.setattr(memory, "_shared_of_all", lambda: 0)
        monkeypatch.setattr(time, "process_time", lambda: self.spent)
        monkeypatch.setattr(time, "monotonic", lambda: self.clock)

    def _resident(self, root: int) -> Mapping[int, int]:
        self.spent += 0.008
        return self.sizes

    def _taken(self, sizes: Mapping[int, int], user: int) -> int:
        self.counts += 1
        self.spent += 0.07
        return self.counted


def test_looking_takes_a_hundredth_of_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a fleet that looks like more than it may take, and takes less
    machine = Machine(monkeypatch)
    watch = Watch(1, 0, 1000)
    machine.sizes, machine.counted = {2: 1200 * MIB}, 300 * MIB
    # When it is looked at for ten minutes
    began = machine.clock
    while machine.clock < began + 600:
        too_much, seconds = watch.look()
        assert not too_much
        machine.clock += seconds
    # Then that took no more than a hundredth of one core for either way of looking
    assert machine.counts * 0.07 <= 6.1
    assert machine.spent - machine.counts * 0.07 <= 6.1
    # And what it really takes more is noticed at the next look
    counts = machine.counts
    machine.sizes, machine.counted = {2: 2200 * MIB}, 1300 * MIB
    assert watch.look()[0]
    assert machine.counts == counts + 1


class Groups:
    """A tree of control groups, as files."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outer, self.own = folder / "outer", folder / "outer/own"
        self.own.mkdir(parents=True)
        for name in ("memory.max", "memory.high", "pids.max"):
            (self.own / name).write_text("max\n")
        monkeypatch.setattr(pen, "_own_group", lambda: self.own)

    def hand_on(self, group: Path) -> None:
        (group / "cgroup.subtree_control").write_text("cpu memory pids\n")


def test_a_group_bounds_memory_where_it_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups(tmp_path, monkeypatch)
    # Given a group that hands no memory on, as any with processes in it: then one in it only ends what is in it
    found = pen.make(MOST_MIB)
    assert found is not None
    assert (found.bounded, found.folder.parent) == (False, groups.own)
    # When the one above does, Then one beside it bounds memory, unless what somebody has set would be left by that
    groups.hand_on(groups.outer)
    found = pen.make(MOST_MIB)
    assert found is not None
    assert (found.bounded, found.folder.parent) == (True, groups.outer)
    assert (found.folder / "memory.max").read_text() == str(MOST_MIB * MIB)
    (groups.own / "memory.max").write_text("1073741824\n")
    found = pen.make(MOST_MIB)
    assert found is None or not found.bounded
    # And who was ended by the kernel for it is told apart from who was not
    group = pen.Pen(groups.outer / f"{pen.NAME}{os.getpid()}", bounded=True)
    (group.folder / "memory.events").write_text("max 9\noom 1\noom_kill 0\noom_group_kill 0\n")
    assert not group.exceeded
    (group.folder / "memory.events").write_text("max 9\noom 1\noom_kill 3\noom_group_kill 1\n")
    assert group.exceeded


def test_a_group_ends_in_one_step_and_is_given_back(tmp_path: Path) -> None:
    group = pen.make(0)
    if group is None or not (group.folder / "cgroup.kill").exists():
        pytest.skip("this host lets nobody make a group that can be ended")
    folder = group.folder
    try:
        assert (folder / "cgroup.procs").read_text() == ""
    finally:
        group.remove()
    assert not folder.exists()
    with (tmp_path / "log").open("w+b") as log:
        script = "import time; print(open('/proc/self/cgroup').read(), flush=True); time.sleep(60)"
        process = guarded.start([sys.executable, "-c", script], tmp_path, {}, None, log)
        while "0::" not in (tmp_path / "log").read_text():
            assert process.wait(0.05) is None
        process.stop()
    assert pen.NAME in (tmp_path / "log").read_text()
    assert not list(folder.parent.glob(f"{pen.NAME}{process.pid}"))

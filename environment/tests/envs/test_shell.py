"""The shell of an episode holds out whatever runs in it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from environment.envs import helper
from environment.envs import shell as module
from environment.envs.shell import KILLED, FileTrouble, Shell
from environment.fleet.walls.host import Host, this_host
from environment.fleet.zygote import descendants
from environment.grading.parties import Parties

HELPER = """
import os, socket, sys

channel = socket.socket(fileno=int(sys.argv[1]))
while channel.recv(1 << 17):
    {answer}
"""
SPARSE = """
    sparse = os.memfd_create("text")
    os.ftruncate(sparse, 1 << 40)
    socket.send_fds(channel, [b"{}"], [sparse])
"""
PIPE = """
    socket.send_fds(channel, [b"{}"], [os.pipe()[0]])
"""
UNASKED = """
    content = os.memfd_create("text")
    os.write(content, b"a" * 100)
    socket.send_fds(channel, [b"[]"], [content])
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "workspace"
    folder.mkdir()
    shell = Shell(folder, tmp_path / "session", Parties(Host()), seconds=30)
    yield shell
    shell.close()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param('channel.send(b"[" * 60_000)', id="nested"),
        pytest.param("""channel.send(b'{"x": 1}')""", id="without-a-text"),
        pytest.param("""channel.send(b'{"status": true, "text": [1]}')""", id="no-text"),
        pytest.param("channel.send(b'[]')", id="no-object"),
        pytest.param(SPARSE, id="endless-text"),
        pytest.param(PIPE, id="pipe"),
        pytest.param(UNASKED, id="no-object-with-a-text"),
    ],
)
def test_a_helper_that_was_taken_over_ends_no_session(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    # Given a helper that answers as it likes, and doesn't end when nobody believes it any more
    monkeypatch.setattr(module, "INTERRUPT_SECONDS", 0.1)
    laid_out = tmp_path / "session/helper.py"
    laid_out.write_text(HELPER.format(answer=answer.strip()))
    descriptors = len(os.listdir("/proc/self/fd"))
    # When it is asked, Then it is given up or says no more than an agent may be shown
    assert shell.run("true").status in (KILLED, 1)
    with suppress(FileTrouble):
        assert len(shell.read(tmp_path / "workspace/file", 1000)) <= 1000
    # Then nothing of it stays open, and the session goes on
    shell.close()
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    shutil.copyfile(helper.__file__, laid_out)
    assert shell.run("echo on").output == "on\n"


CONTINUING = """python -c '
import os, signal
for _ in range(3):
    os.fork()
while True:
    os.kill(-1, signal.SIGCONT)
' >/dev/null 2>&1 &"""
HOPPING = """python -c '
import os
for _ in range(3):
    os.fork()
while True:
    if os.fork():
        os._exit(0)
' >/dev/null 2>&1 &"""


WALKING = """setsid python3 -c '
import ctypes, os, time
fork, last = ctypes.PyDLL(None).fork, time.monotonic() + 90
for _ in range(3):
    if fork() == 0:
        while time.monotonic() < last:
            if fork():
                os._exit(0)
            os.utime(os.open("edited", os.O_CREAT | os.O_WRONLY))
        os._exit(0)
while not os.path.exists("edited"):
    pass
' >/dev/null 2>&1"""


def states(root: int) -> set[str]:
    found = set()
    for pid in descendants(root):
        with suppress(OSError):
            found.add(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
    return found


@pytest.mark.skipif(not this_host().users, reason="only a user's processes are signalled in one step")
@pytest.mark.parametrize("command", [pytest.param(CONTINUING, id="continuing"), pytest.param(HOPPING, id="hopping")])
def test_what_evades_signals_holds_up_neither_a_grading_nor_the_end(tmp_path: Path, command: str) -> None:
    tmp_path.chmod(0o755)
    folder = tmp_path / "workspace"
    folder.mkdir()
    shell = Shell(folder, tmp_path / "session", Parties(this_host()), seconds=60)
    try:
        # Given processes that the agent left running, which fork or continue each other all the time
        assert shell.run(command).status == 0
        assert shell._process is not None
        root = shell._process.pid
        while len(descendants(root)) < 8:
            time.sleep(0.05)
        # When a grading pauses them, Then none of them runs meanwhile
        began = time.monotonic()
        shell.pause()
        assert states(root) <= {"T", "Z"}
        shell.resume()
    finally:
        shell.close()
    # And nothing of them holds up the end
    assert time.monotonic() - began < 60
    assert descendants(root) == []


def test_without_users_of_its_own_nothing_of_an_agent_runs_during_a_grading(shell: Shell) -> None:
    # Given processes that live for a moment each, so that hardly a signal meets one that it was sent to
    assert shell.run(WALKING).status == 0
    assert shell._process is not None
    root = shell._process.pid
    # When a grading pauses them
    shell.pause()
    # Then nothing of them writes to the workspace any more
    before = (shell._folder / "edited").stat().st_mtime_ns
    assert states(root) <= {"T", "Z"}
    time.sleep(0.3)
    assert (shell._folder / "edited").stat().st_mtime_ns == before
    shell.resume()
    assert shell.run("echo on").output == "on\n"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("exec 3>file; rm file; head -c 9M /dev/zero >&3; sleep 600 >/dev/null 2>&1 &", id="removed-file"),
        pytest.param("head -c 9M /dev/zero; sleep 600 &", id="output"),
    ],
)
def test_disk_space_without_a_name_is_taken_back(shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    # Given a process that goes on and holds a file that nobody else sees
    monkeypatch.setattr(module, "MOST_MIB", 16)
    shell.run(command)
    assert shell._process is not None
    holding = descendants(shell._process.pid)
    assert not shell.shed()
    # When that is too much, Then the process ends and the next command runs
    monkeypatch.setattr(module, "MOST_MIB", 8)
    assert shell.shed()
    assert not [pid for pid in holding if Path(f"/proc/{pid}").exists()]
    assert shell.run("echo on").output == "on\n"


def test_an_agent_that_takes_too_much_memory_is_told_and_goes_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a bound that no process of a command passes by itself
    monkeypatch.setattr(module, "AGENT_MEMORY_MIB", 200)
    take = "own = bytearray(b'x' * (40 << 20)); import time; time.sleep(60)"
    # When several pass it together
    result = shell.run(f'for i in 1 2 3 4 5 6 7 8; do python -c "{take}" & done; wait')
    # Then all of them end, the agent learns why, and the next command runs
    assert result.status == KILLED
    assert "More than 200 MiB of memory were used together" in result.output
    assert shell.run("echo on").output == "on\n"

"""What descends from a nanny ends within a bounded time, however it multiplies, without users of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REAPER = """
import os, signal, sys, time
from environment.fleet.zygote import descendants
from environment.fleet.walls.kernel import PR_SET_CHILD_SUBREAPER, prctl
from environment.grading import ending

prctl(PR_SET_CHILD_SUBREAPER, 1)
read, write = os.pipe()
if os.fork() == 0:
    os.close(read)
    exec(sys.argv[1])
os.close(write)
os.read(read, 1)
if len(sys.argv) > 2:
    ending._signal_each = lambda *_: None
began = time.monotonic()
left = ending.end_all([], None, float(sys.argv[2]) if len(sys.argv) > 2 else ending.END_SECONDS)
print(left, time.monotonic() - began)
for process in descendants(os.getpid()):
    os.kill(process, signal.SIGKILL)
"""
BEGUN = "os.write(write, b'.')"

LIVES_SECONDS = 60
"""So that a test that fails leaves nothing for good."""

WALKERS = f"""
import ctypes
fork = ctypes.PyDLL(None).fork
last = time.monotonic() + {LIVES_SECONDS}
for _ in range(3):
    if fork() == 0:
        {BEGUN}
        while time.monotonic() < last:
            if fork():
                os._exit(0)
        os._exit(0)
"""
BOMB = f"""
import ctypes
fork = ctypes.PyDLL(None).fork
last = time.monotonic() + {LIVES_SECONDS}
{BEGUN}
for _ in range(6):
    fork()
while time.monotonic() < last:
    if fork():
        os._exit(0)
"""
DAEMONS = f"""
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        {BEGUN}
        time.sleep({LIVES_SECONDS})
os._exit(0)
"""
FAITHFUL = f"""
{BEGUN}
time.sleep({LIVES_SECONDS})
"""

pytestmark = pytest.mark.timeout(120)


def ended(*arguments: str) -> tuple[int, float]:
    """How many were left, and the seconds that it took."""
    done = subprocess.run(
        [sys.executable, "-c", REAPER, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=90, check=True
    )
    left, seconds = done.stdout.split()
    return int(left), float(seconds)


ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root comes before others who want the processor")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(WALKERS, id="walkers"),
        pytest.param(BOMB, id="bomb", marks=ROOT_ONLY),
        pytest.param(DAEMONS, id="daemons"),
    ],
)
def test_whatever_multiplies_ends(script: str) -> None:
    assert ended(script)[0] == 0


def test_what_can_not_be_ended_is_told_in_time() -> None:
    # Given a process that no signal reaches, When it is to be ended within a second
    left, seconds = ended(FAITHFUL, "1")
    # Then it is told that it is left
    assert left == 1
    assert seconds >= 1

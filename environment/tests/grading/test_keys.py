"""What a party keeps among the kernel's keys is no other party's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment.fleet.walls.room import Room
from environment.grading import guarded
from environment.grading.keys import _KEYCTL, _SECCOMP
from environment.tests.walls.test_room import MEANS, Rig, host_with

MACHINE = os.uname().machine
KEYS = f"""
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
keyctl = {_KEYCTL.get(MACHINE, 0)}

def call(*arguments):
    return libc.syscall(*map(lambda a: ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a), arguments))
"""
SESSION, USER = -3, -4

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(MACHINE not in _SECCOMP, reason="the numbers of calls are unknown here"),
]


@pytest.mark.parametrize("means", MEANS)
def test_behind_walls_there_are_no_keys(means: str, tmp_path: Path) -> None:
    # Given a party that tries to leave a key in its user's keyring, which all processes of that user have
    rig = Rig(host_with(means), tmp_path)
    script = f"""{KEYS}
add = call(keyctl - 2, b"user", b"omnicloud-note", b"E1", 2, {USER})
ask = call(keyctl - 1, b"user", b"omnicloud-note", None or 0, {USER})
print(add, ask, call(keyctl, 0, {SESSION}, 1), ctypes.get_errno())
"""
    (rig.work / "keys.py").write_text(script)
    # When it does so, Then the kernel knows no such calls (38: ENOSYS)
    assert rig.run("python keys.py") == (0, "-1 -1 -1 38\n")


def test_without_walls_each_has_a_session_of_its_own(tmp_path: Path) -> None:
    script = f"{KEYS}\nprint(call(keyctl, 0, {SESSION}, 0))"
    rooms: list[Room | None] = [None, None]
    found = []
    for room in rooms:
        with (tmp_path / "log").open("w+b") as log:
            process = guarded.start(["/usr/bin/env", "python3", "-c", script], tmp_path, dict(os.environ), room, log)
            process.wait(60)
            process.stop()
            found.append((tmp_path / "log").read_text().strip())
    if "-1" in found:
        pytest.skip("this kernel keeps no keys")
    assert len(set(found)) == 2

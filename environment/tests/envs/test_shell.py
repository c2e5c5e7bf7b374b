"""The shell of an episode holds out whatever runs in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from environment.envs import helper
from environment.envs import shell as module
from environment.envs.shell import KILLED, FileTrouble, Shell
from environment.fleet.walls.host import Host
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

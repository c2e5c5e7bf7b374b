"""The parent of all services: one thread, libraries only."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.fleet import zygote


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[socket.socket]:
    """A running zygote's other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", zygote.__file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd="/"
        )
    ours.settimeout(120)
    yield ours
    ours.close()
    assert process.wait(60) == 0


def read_event(channel: socket.socket, buffer: list[bytes]) -> dict[str, object]:
    while b"\n" not in (joined := b"".join(buffer)):
        buffer.append(channel.recv(4096))
        assert buffer[-1], "the zygote ended"
    line, _, rest = joined.partition(b"\n")
    buffer[:] = [rest]
    event: dict[str, object] = json.loads(line)
    return event


def test_it_has_one_thread_and_imports_nothing_of_a_project(channel: socket.socket, tmp_path: Path) -> None:
    # given a project whose module reports what was there before it
    (tmp_path / "look.py").write_text(
        "import json, os, sys\n"
        "tasks = len(os.listdir(f'/proc/{os.getppid()}/task'))\n"
        "print(json.dumps({'threads': tasks, 'modules': sorted(sys.modules)}))\n"
    )
    log, buffer = tmp_path / "log", [b""]
    request = {
        "op": "spawn", "id": 1, "name": "look", "module": "look", "argv": [], "env": {}, "cwd": str(tmp_path),
        "log": str(log), "user": None,
    }  # fmt: skip
    # when
    assert read_event(channel, buffer)["event"] == "ready"
    channel.sendall(json.dumps(request).encode() + b"\n")
    spawned = read_event(channel, buffer)
    ended = read_event(channel, buffer)
    # then
    assert (spawned["event"], spawned["id"]) == ("spawned", 1)
    assert ended == {"event": "exit", "pid": spawned["pid"], "status": 0}
    seen = json.loads(log.read_text())
    assert seen["threads"] == 1
    assert [name for name in seen["modules"] if name.split(".")[0] in ("environment", "services", "shared")] == []
    assert {"fastapi", "django", "sqlalchemy", "confluent_kafka"} <= set(seen["modules"])


def test_an_exit_code_and_a_signal_are_told_apart(channel: socket.socket, tmp_path: Path) -> None:
    (tmp_path / "ends.py").write_text(
        "import os, sys\nsys.exit(7) if sys.argv[1] == 'exit' else os.kill(os.getpid(), int(sys.argv[1]))\n"
    )
    buffer = [b""]
    read_event(channel, buffer)
    for argument, status in (("exit", 7), ("9", -9), ("15", -15)):
        request = {
            "op": "spawn", "id": 1, "name": "x", "module": "ends", "argv": [argument], "env": {},
            "cwd": str(tmp_path), "log": os.devnull, "user": None,
        }  # fmt: skip
        channel.sendall(json.dumps(request).encode() + b"\n")
        read_event(channel, buffer)
        assert read_event(channel, buffer)["status"] == status


def test_a_second_thread_forbids_forking() -> None:
    script = (
        "import threading, environment.fleet.zygote as z\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "z.assert_single_thread()\n"
    )
    root = Path(__file__).resolve().parents[3]
    result = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "2 threads before a fork" in result.stderr

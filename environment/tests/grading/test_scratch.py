"""Folders for temporary files: whose process was killed, the next one removes; what lives is left alone."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.grading import guarded, scratch
from environment.grading.process import private_folder
from environment.tests.episode_fixtures import temporary_place

ROOT = Path(__file__).resolve().parents[3]

HOLD = """\
import os, sys, time
from pathlib import Path
from environment.grading import guarded, scratch
own = scratch.take()
own.goes_with(Path(sys.argv[1]))
(own.path / "inner").mkdir()
if sys.argv[2:]:
    with open(os.devnull, "wb") as nowhere:
        guarded.start(["/bin/sh", "-c", sys.argv[2]], own.path, {"HOME": f"{own.path}/inner"}, None, nowhere)
print(own.path, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with temporary_place(monkeypatch) as folder:
        yield folder


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def holder(*words: object) -> tuple[subprocess.Popen[str], Path]:
    """Another process of this user with a folder."""
    command = [sys.executable, "-c", HOLD, *map(str, words)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_folder_and_its_lock_go_together(place: Path) -> None:
    own = scratch.take()
    assert left(place) == [own.path.name, f"{own.path.name}.lock"]
    own.close()
    own.close()
    assert left(place) == []


def test_a_crash_leaves_no_folder(place: Path) -> None:
    def crash() -> None:
        with private_folder() as folder:
            (folder / "file").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    assert left(place) == []


def test_what_a_killed_process_left_is_swept_with_what_goes_with_it(place: Path) -> None:
    # Given a process that has a folder and a record elsewhere
    (place / "record").touch()
    process, folder = holder(place / "record")
    # When another one sweeps while it lives, Then nothing happens
    assert scratch.sweep() == []
    assert folder.is_dir()
    # When it was killed, Then both go
    kill(process)
    assert scratch.sweep() == [folder]
    assert left(place) == []


def test_a_folder_of_this_process_is_not_swept(place: Path) -> None:
    own = scratch.take()
    assert scratch.sweep() == []
    assert own.path.is_dir()
    own.close()


def test_as_long_as_its_nanny_is_busy_a_session_lives(place: Path) -> None:
    # Given a command that takes its time to end when its session is over, and says when it was told to
    process, folder = holder(place / "record", "trap 'touch told; while [ ! -e go ]; do sleep 0.05; done' TERM; "
                             "touch ready; while :; do sleep 0.05; done")  # fmt: skip
    appears(folder / "ready")
    # When the session's process is killed, Then its folder stays until the command has ended
    kill(process)
    appears(folder / "told")
    assert scratch.sweep() == []
    assert folder.is_dir()
    (folder / "go").touch()
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        scratch.sweep()
        time.sleep(0.05)
    assert left(place) == []


def test_what_outlived_its_nanny_is_ended(place: Path) -> None:
    # Given a command whose nanny and whose session's process are both killed at once
    process, folder = holder(place / "record", "echo $$ >pid.new; mv pid.new pid; kill -STOP $PPID; sleep 600")
    appears(folder / "pid")
    command = int((folder / "pid").read_text())
    nanny = int(Path(f"/proc/{command}/stat").read_text().rpartition(")")[2].split()[1])
    handle, watch = os.pidfd_open(nanny), os.pidfd_open(command)
    os.kill(process.pid, signal.SIGSTOP)
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    kill(process)
    # When the next one sweeps, Then the command ends and nothing is left
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        scratch.sweep()
        time.sleep(0.05)
    assert left(place) == []
    assert select.select([watch], [], [], 60)[0] == [watch]
    os.close(handle)
    os.close(watch)


def appears(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


def test_a_forked_child_does_not_keep_its_parents_folder(place: Path) -> None:
    # Given a session whose process has forked a child that lives on, and that says so itself: it may begin late
    script = HOLD.replace("print(own", "if os.fork() == 0: print(own")
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(place / "record")], text=True, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    try:
        # When the process is killed, Then its folder can be swept at once
        process.kill()
        process.wait()
        assert scratch.sweep() == [folder]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()


def test_what_only_looks_like_a_folder_of_ours_is_left_alone(place: Path) -> None:
    # Given a folder with a lock that says nothing, a link, a lock of another name, and one that another user made
    for name in ("oc-mine", "oc-link", "other"):
        (place / name).mkdir()
        (place / name / "precious").touch()
    (place / "oc-mine.lock").touch()
    (place / "oc-link.lock").symlink_to(place / "marked")
    (place / "marked").write_text(f"{scratch.MARK}\n")
    (place / "other.lock").write_text(f"{scratch.MARK}\n")
    if os.geteuid() == 0:
        (place / "oc-theirs").mkdir()
        (place / "oc-theirs.lock").write_text(f"{scratch.MARK}\n{place}/other/precious\n")
        os.chown(place / "oc-theirs.lock", 12345, 12345)
    before = left(place)
    # When it is swept, Then all of it stays
    assert scratch.sweep() == []
    assert left(place) == before
    assert (place / "other/precious").exists()


def test_a_lock_without_a_folder_is_removed(place: Path) -> None:
    # Given a process that was killed just before it made its folder
    (place / "oc-none.lock").write_text("")
    assert scratch.sweep() == []
    assert left(place) == []


def test_a_folder_with_a_name_has_one_session_at_a_time(place: Path) -> None:
    own = scratch.settle(place / "named", "part")
    assert own is not None
    assert scratch.settle(place / "named", "part") is None
    (place / "named/mine").touch()
    own.release()
    assert left(place / "named") == ["mine"]
    again = scratch.settle(place / "named", "part")
    assert again is not None
    again.release()


def test_parts_that_a_killed_session_left_in_a_folder_with_a_name_are_removed(place: Path) -> None:
    # Given a folder whose session was killed: its lock is there and nobody holds it
    (place / "named/part").mkdir(parents=True)
    (place / "named/mine").touch()
    (place / "record").touch()
    (place / "named/.lock").write_text(f"{scratch.MARK}\n{place}/record\n")
    own = scratch.settle(place / "named", "part")
    assert own is not None
    assert left(place / "named") == [".lock", "mine"]
    assert not (place / "record").exists()
    own.release()


def test_the_command_does_not_get_the_lock(place: Path) -> None:
    # Given a command that lists what it holds open
    own = scratch.take()
    with (own.path / "out").open("w+b") as output:
        process = guarded.start(["/bin/ls", "-l", "/proc/self/fd"], own.path, {}, None, output)
        process.wait(60)
        process.stop()
    assert ".lock" not in (own.path / "out").read_text()
    own.close()

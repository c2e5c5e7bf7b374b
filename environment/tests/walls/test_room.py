"""What a party can reach from behind its walls, on hosts that give different means to build them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from environment.fleet.walls import libraries
from environment.fleet.walls.host import Host, this_host
from environment.fleet.walls.limits import Limits
from environment.fleet.walls.room import temporary
from environment.grading import guarded
from environment.grading.parties import Parties, Party

MEANS = ("users,namespaces,landlock", "namespaces,landlock", "landlock", "users,namespaces")
"""As root: users and all else; what a user has with namespaces, with Landlock only; a kernel without Landlock."""

pytestmark = pytest.mark.timeout(300)


def host_with(means: str) -> Host:
    host = this_host(means)
    if not {"landlock": host.landlock, "namespaces": host.mounts, "users": host.users}[means.rpartition(",")[2]]:
        pytest.skip(f"this host has no {means}")
    return host


class Rig:
    """A party on a host, with a secret that it must not see."""

    def __init__(self, host: Host, folder: Path, hidden: Sequence[Path] = (), **limits: int) -> None:
        folder.chmod(0o711)
        self.secret, self.work, self.folder = folder / "secret", folder / "work", folder
        for place in (self.secret, self.work, folder / "own", folder / "own/tmp"):
            place.mkdir()
        (self.secret / "answer").write_text("42")
        self.party: Party = Parties(host, (self.secret, *hidden)).party(
            folder / "own", folder / "own/tmp", write=[self.work], limits=Limits(**limits)
        )

    def run(self, script: str) -> tuple[int | None, str]:
        """A shell script's status and output."""
        log = self.folder / "log"
        variables = {"PATH": f"{self.party.python.parent}:/usr/bin:/bin", "TMPDIR": "/tmp"}
        with log.open("wb") as output:
            command = ["/bin/sh", "-c", script]
            process = guarded.start(command, self.work, variables, self.party.room, output)
            ending = process.wait(120)
            process.stop()
        assert ending is not None
        return ending.status, log.read_text()


@pytest.fixture(params=MEANS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return Rig(host_with(request.param), tmp_path)


def test_it_works_where_it_may(rig: Rig) -> None:
    assert rig.run("echo here > made && cat made && python -c 'import pytest, yaml; print(1)'") == (0, "here\n1\n")
    assert (rig.work / "made").read_text() == "here\n"


def test_it_does_not_see_what_is_hidden(rig: Rig) -> None:
    status, output = rig.run(f"cat {rig.secret}/answer 2>/dev/null; ls {rig.secret} 2>/dev/null; exit 3")
    assert (status, output) == (3, "")
    repository = Path(__file__).resolve().parents[3]
    assert rig.run(f"cat {repository}/environment/bugs/manifest.json 2>/dev/null")[1] == ""
    assert "ModuleNotFoundError" in rig.run("python -c 'import environment'")[1]


def test_names_of_what_is_hidden_among_libraries_are_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a folder of libraries in which something is hidden
    host = host_with("landlock")
    libraries_folder = tmp_path / "libraries"
    for name in ("open/file", "hidden/H2.patch"):
        (libraries_folder / name).parent.mkdir(parents=True)
        (libraries_folder / name).write_text("content\n")
    monkeypatch.setattr(libraries, "SYSTEM", (*libraries.SYSTEM, str(libraries_folder)))
    rig = Rig(host, tmp_path, hidden=(libraries_folder / "hidden",))
    # When a party looks for it, Then it learns neither its name nor its content, and the rest is there
    look = f"ls -R {libraries_folder} {libraries_folder}/hidden 2>/dev/null | grep -e H2 -e hidden$; "
    assert rig.run(f"{look} cat {libraries_folder}/open/file") == (0, "content\n")


def test_it_does_not_write_elsewhere(rig: Rig) -> None:
    rig.run(f"echo x > {rig.folder}/own/planted; echo x > {rig.secret}/answer; rm -rf {rig.secret}")
    assert not (rig.folder / "own/planted").exists()
    assert (rig.secret / "answer").read_text() == "42"


def test_it_does_not_signal_or_look_into_the_grader(rig: Rig) -> None:
    script = f"kill -0 {os.getpid()} 2>/dev/null && echo signalled; cat /proc/{os.getpid()}/environ 2>/dev/null | wc -c"
    assert rig.run(script)[1].split() == ["0"]


def test_it_sees_no_process_of_others(rig: Rig) -> None:
    """Command lines of other sessions, of the grader's and of whoever trains can be read without any right."""
    room = rig.party.room
    assert room is not None
    if not room.hiding and not room.processes:
        pytest.skip("this host can't hide processes")
    assert rig.run(f"cat /proc/{os.getpid()}/cmdline 2>/dev/null; ls -d /proc/{os.getpid()} 2>/dev/null; true") == (
        0,
        "",
    )
    # And its own
    assert rig.run("sleep 9 & cat /proc/$!/comm; kill $!; ls -d /proc/$$ | wc -l")[1].split()[-1] == "1"


def test_it_leaves_nothing_for_later_ones(rig: Rig) -> None:
    """Whoever owns a file, later parties could read it where everybody may write."""
    name = f"note-of-{os.getpid()}"
    for folder in ("/var/tmp", "/run/lock", "/tmp", "/dev/shm"):
        rig.run(f"echo x > {folder}/{name}")
        assert not (Path(folder) / name).exists()
    assert rig.party.room is not None
    own = f"{temporary(rig.party.room)}/own"
    assert rig.run(f"echo x > {own} && cat {own}") == (0, "x\n")


def test_nothing_outlives_it(rig: Rig) -> None:
    mark = f"987654.{os.getpid()}"  # Other workers' parties sleep at the same time.
    rig.run(f"setsid sleep {mark} >/dev/null 2>&1 & (setsid sh -c 'sleep {mark} & sleep {mark}' &) ; sleep 0.2")
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if mark in command and "sleep" in command.split()]


def test_signals_and_codes_are_told_apart(rig: Rig) -> None:
    assert rig.run("exit 137")[0] == 137
    # The first process of a namespace is spared its own signals.
    spared = rig.party.room is not None and rig.party.room.processes
    assert rig.run("kill -SEGV $$")[0] == (0 if spared else -11)


def test_limits_hold(tmp_path: Path) -> None:
    rig = Rig(host_with(MEANS[0]), tmp_path, memory_mib=1024, file_mib=1, processes=40)
    assert rig.run("head -c 2000000 /dev/zero > big")[0] != 0
    assert "MemoryError" in rig.run("python -c 'bytearray(1 << 31)'")[1]
    began = time.monotonic()
    assert "fork" in rig.run("for i in $(seq 200); do sleep 2 & done")[1].lower()
    assert time.monotonic() - began < 60


def test_a_host_without_means_says_what_is_open() -> None:
    holes = this_host("none").holes
    assert any("read each other's files" in hole for hole in holes)
    assert any("signal each other" in hole for hole in holes)
    assert Host(landlock=4).holes
    assert Host(landlock=4).means == ["Landlock 4"]
    assert not Host(landlock=6).holes
    assert not Host(landlock=1, users=True, root=True).holes
    assert not Host(landlock=1, processes=True, mounts=True).holes
    assert any("leave files" in hole for hole in Host(users=True, root=True, mounts=True).holes)
    assert not Host(users=True, root=True, mounts=True, read_only=True).holes

"""Episodes on hosts that lack what most have: a name for the user, a home to write to, shared memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.workspace.reference import Reference

ROOT = Path(__file__).resolve().parents[3]
NOBODY = "12345"
"""An id without an entry among the accounts."""

PLAY = """\
import os, pwd, sys
from pathlib import Path
from environment.bugs.catalogue import load_catalogue
from environment.bugs.manifest import load_manifest
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.grading.grade import Grader
from environment.workspace.reference import Reference

reference, catalogue = Path(sys.argv[1]), Path(sys.argv[2])
grader = Grader(Reference(reference), load_catalogue(catalogue), load_manifest(catalogue))
env = DebugEnv(grader, untrusted=True)
env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
print(env.step(action(Tool.SHELL, text="git status --short && id -u >/dev/null && echo shell"))[0]["output"], end="")
path = "services/billing/proration.py"
source = env.step(action(Tool.READ, path=path))[0]["output"]
fixed = source.replace("return 30", "return 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31")
print(env.step(action(Tool.WRITE, path=path, text=fixed))[0]["status"])
print(env.step(action(Tool.SUBMIT))[4]["score"]["solved"])
env.close()
"""

HOST = """\
set -e
mount --make-rprivate /
if [ -n "$DEVICES" ]; then
    mount -t tmpfs none "$DEVICES"
    for name in null zero full random urandom tty; do
        touch "$DEVICES/$name"
        mount --bind /dev/$name "$DEVICES/$name"
    done
    mount --rbind "$DEVICES" /dev
fi
mount --bind "$HOME" "$HOME"
mount -o remount,bind,ro "$HOME"
exec unshare --user --map-user=$NOBODY --map-group=$NOBODY "$@"
"""
"""A host with a home that can't be written to, without shared memory if DEVICES names a folder, and with a user that
has no name."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def on_another_host(place: Path, devices: bool, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command there. Skips the test where this host doesn't allow to make it so."""
    for name in ("home", "dev", "tmp"):
        (place / name).mkdir()
    (place / "tmp").chmod(0o711)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DEVICES": str(place / "dev") if devices else "",
        "NOBODY": NOBODY,
    }
    host = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", HOST, "sh"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*host, *words], env=environment, capture_output=True, text=True, timeout=500, check=False
        )

    if shutil.which("unshare") is None or run("true").returncode != 0:
        pytest.skip("this host doesn't let a user make namespaces with mounts")
    return run(*command)


@pytest.mark.parametrize("devices", [False, True], ids=["nameless", "without shared memory"])
def test_an_episode_of_a_user_without_name_and_home(
    devices: bool, reference: Reference, measured_folder: Path, place: Path
) -> None:
    command = [sys.executable, "-c", PLAY, str(reference.root), str(measured_folder)]
    played = on_another_host(place, devices, command)
    assert played.stdout.split() == ["shell", "0", "1"], played.stderr[-3000:]
    # Nothing is left but a cache that is the user's own
    assert {path.name for path in (place / "tmp").iterdir()} <= {f"omnicloud-{NOBODY}"}
    assert list((place / "home").iterdir()) == []


def test_it_is_another_host(place: Path) -> None:
    check = "import os; print(os.getuid(), os.path.exists('/dev/shm'), os.access(os.environ['HOME'], os.W_OK))"
    assert on_another_host(place, True, [sys.executable, "-c", check]).stdout.split() == [NOBODY, "False", "False"]

"""The wheel, unpacked where no repository is: what it holds, and that it is enough for an episode."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from environment.packaged.archive import NOTE, unpack
from environment.workspace.reference import Reference, default_reference

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = ("environment/tests/", "environment/bench/", "environment/images/")
"""Parts that are for work on the repository."""

BUILD = "import sys; sys.path.insert(0, 'bin'); import omnicloud_build; omnicloud_build.build_wheel(sys.argv[1])"
COMMAND = "from environment.entry import main; main()"
EPISODE = """\
import environment
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.grading.grade import default_grader
from environment.reward.score import baseline

grader = default_grader()
grader.baseline = lambda bugs: baseline(grader.tests, frozenset())  # What would have to be measured isn't asked for.
env = DebugEnv(grader, untrusted=True)
observation, _ = env.reset(seed=1, options={"bugs": ["A1"], "exact": True})
print("billing" in observation["output"], grader.reference.root.is_relative_to(environment.__path__[0]))
look = "git status --short; cd /; for name in services environment; do python -c 'import '$name 2>&1 | tail -1; done"
print(env.step(action(Tool.SHELL, text=look))[0]["output"], end="")
env.close()
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what is tracked, built in a copy of it."""
    pytest.importorskip("setuptools", reason="setuptools, which builds the wheel, isn't installed")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in _tracked():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, source / path)
    command = [sys.executable, "-c", BUILD, str(target)]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=600, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that it is installed in."""
    folder = tmp_path_factory.mktemp("installed") / "site-packages"
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder)
    return folder


def _tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("this isn't a clone of the repository")
    return [path for path in listing.stdout.split("\0") if path and (ROOT / path).is_file()]


def run(site: Path, home: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the wheel and the libraries, somewhere else and with a home of its own."""
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(site), "COLUMNS": "200"}
    command = [sys.executable, "-P", "-c", code, *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_it_holds_what_the_environment_needs_and_no_platform_to_import(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        held = {name for name in content.namelist() if ".dist-info/" not in name}
    needed = {path for path in _tracked() if path.startswith("environment/") and not path.startswith(LEFT_OUT)}
    assert held - needed == {"environment/packaged/reference.json", "environment/packaged/reference.tar.gz"}
    assert needed - held == set()


def test_its_reference_is_this_one(site: Path) -> None:
    packaged, here = unpack(site / "environment/packaged"), default_reference()
    assert packaged == dict(here.files)
    note = json.loads((site / "environment/packaged" / NOTE).read_text())
    assert len(note["services"]) == 15


def test_its_commands_work_without_a_repository(site: Path, tmp_path: Path) -> None:
    # Given a machine that has nothing but the wheel and the libraries
    home = tmp_path / "home"
    listed = run(site, home, COMMAND, "bugs", "list", "--json")
    assert (listed.returncode, len(json.loads(listed.stdout))) == (0, 120), listed.stderr
    # When a challenge is made, Then it is the one that the repository makes
    made = run(site, home, COMMAND, "challenge", "w", "--bugs", "A1")
    assert made.returncode == 0, made.stderr
    log = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", home / "w", "log", "--format=%s"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert log.stdout == "OmniCloud\n"
    assert Reference(home / "w").digest != default_reference().digest
    scenario = run(site, home, COMMAND, "scenario", "1")
    assert scenario.stdout == (ROOT / "scenarios/scenario_01_billing_discrepancies.md").read_text(), scenario.stderr


def test_an_episode_begins_and_its_agent_does_not_see_the_wheel(site: Path, tmp_path: Path) -> None:
    played = run(site, tmp_path / "home", EPISODE)
    assert played.stdout.splitlines() == [
        "True True",
        "ModuleNotFoundError: No module named 'services'",
        "ModuleNotFoundError: No module named 'environment'",
    ], played.stderr


def test_what_is_missing_is_said_with_what_to_install(site: Path, tmp_path: Path) -> None:
    without = "import sys; sys.modules['typer'] = None; " + COMMAND
    ended = run(site, tmp_path / "home", without)
    assert ended.returncode == 1
    assert ended.stderr == "omnicloud: typer isn't installed. Do `pip install 'omnicloud[episode]'`.\n"

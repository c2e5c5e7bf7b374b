"""Commands are suggested as they are typed where they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment.fleet.caller import fleet_command, from_here, pasteable, program
from environment.fleet.project import FleetPaths


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `omnicloud`, beside a project; the test stands in their parent."""
    script = tmp_path / "bin/omnicloud"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (tmp_path / "work place").mkdir()
    (tmp_path / "work place/docker-compose.yml").write_text("services: {}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["cli.py"])
    monkeypatch.setattr("sys.orig_argv", ["python3", "-m", "environment.cli", "up"])
    monkeypatch.delenv("OMNICLOUD_TYPED", raising=False)
    return script.parent


def test_as_a_module(bin_folder: Path) -> None:
    assert program() == "python3 -m environment.cli"


def test_as_a_script_by_its_path(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNICLOUD_TYPED", "bin/omnicloud")
    assert program() == "bin/omnicloud"


def test_as_a_script_on_the_path(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    monkeypatch.setattr("sys.argv", [str(bin_folder / "omnicloud")])
    assert program() == "omnicloud"


def test_a_fleet_is_named_only_where_it_must_be(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = bin_folder.parent / "work place"
    named, default = FleetPaths(project, "second"), FleetPaths(project, "default")
    assert fleet_command(default, "logs", "auth") == "python3 -m environment.cli logs auth --workspace 'work place'"
    monkeypatch.chdir(project)
    assert fleet_command(default, "logs", "auth") == "python3 -m environment.cli logs auth"
    assert fleet_command(named, "down") == "python3 -m environment.cli down --name second"


def test_hints_are_rewritten(bin_folder: Path) -> None:
    hint = "Use it (`omnicloud status`) or see `docker compose up`."
    assert pasteable(hint) == "Use it (`python3 -m environment.cli status`) or see `docker compose up`."
    paths = FleetPaths(bin_folder.parent / "work place", "default")
    assert "`python3 -m environment.cli status --workspace 'work place'`" in pasteable(hint, paths)


def test_paths_are_relative_only_below_this_folder(bin_folder: Path) -> None:
    assert from_here(Path("work place")) == "work place"
    assert from_here(bin_folder / "omnicloud") == "bin/omnicloud"
    assert from_here(bin_folder.parents[1]) == str(bin_folder.parents[1])

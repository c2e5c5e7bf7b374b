"""`omnicloud test DIR --affected`, as a person types it, on the fake platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from environment.bugs.catalogue import Catalogue
from environment.commands import test as test_command
from environment.reach import map_file
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import CAPACITY, CLAIMS, UNIT
from environment.workspace.make import COMMIT_IDENTITY, make_workspace
from environment.workspace.reference import Reference, git


@pytest.fixture
def app(reach_map: ReachMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command, with the fake platform's map."""
    map_file.save_map(reach_map, tmp_path)
    monkeypatch.setattr(map_file.load_map, "__defaults__", (tmp_path,))
    app = typer.Typer()
    test_command.register(app)
    app.callback()(lambda: None)  # So that the one command keeps its name.
    return app


@pytest.fixture
def workspace(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    make_workspace(reference, [catalogue["E1"]], folder)
    return folder


def call(app: typer.Typer, *words: object) -> Result:
    return CliRunner().invoke(app, ["test", *map(str, words)])


def test_a_repair_is_tested_in_seconds(app: typer.Typer, workspace: Path, reference: Reference, tmp_path: Path) -> None:
    # Given the repair of the workspace's bug
    (workspace / CAPACITY).write_bytes(reference.files[CAPACITY])
    # When what it touches is tested
    result = call(app, workspace, "--affected", "--json", tmp_path / "result.json")
    # Then only that ran, and it says what it knows
    assert result.exit_code == 0, result.output
    assert f"  {CAPACITY}::fits\n" in result.output
    assert "5 of 11 tests can be touched by it: 3 unit, 2 with a fleet." in result.output
    assert ": 5 passed." in result.output
    assert "The full grading stays the verdict." in result.output
    document = json.loads((tmp_path / "result.json").read_text())
    assert set(document["outcomes"].values()) == {"passed"}
    assert len(document["tests"]) == 5


def test_a_wrong_edit_is_told_as_soon_as_it_fails(app: typer.Typer, workspace: Path, reference: Reference) -> None:
    (workspace / CAPACITY).write_bytes(reference.files[CAPACITY].replace(b"<=", b">"))
    result = call(app, workspace, "--affected")
    assert result.exit_code == 1
    assert f"✗ {UNIT}::test_what_fits[2]" in result.output
    assert f"✗ {CLAIMS}::test_a_claim_up_to_the_last_unit" in result.output


def test_without_edits_nothing_runs(app: typer.Typer, workspace: Path, tmp_path: Path) -> None:
    result = call(app, workspace, "--affected", "--json", tmp_path / "result.json")
    assert (result.exit_code, result.output) == (
        0,
        "Nothing that tests depend on was edited since the workspace was made.\n",
    )
    assert json.loads((tmp_path / "result.json").read_text())["tests"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "HEAD"), "belong to --affected"),
        (("--keep-fleet",), "belong to --affected"),
        (("--affected", "--since", "nowhere"), "has no revision 'nowhere'"),
    ],
)
def test_bad_words_end_with_a_message(app: typer.Typer, workspace: Path, words: tuple[str, ...], message: str) -> None:
    result = call(app, workspace, *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_what_is_newer_than_the_map_is_told(
    app: typer.Typer, workspace: Path, reference: Reference, tmp_path: Path
) -> None:
    # Given a test module that was committed after the map was made
    new = workspace / "tests/unit/billing/test_new.py"
    new.write_text("def test_new():\n    pass\n")
    git(workspace, "add", "-A")
    git(workspace, "commit", "-qm", "more", environment=COMMIT_IDENTITY)
    (workspace / CAPACITY).write_bytes(reference.files[CAPACITY])
    result = call(app, workspace, "--affected", "--since", "HEAD")
    assert "Newer than the reach map, so left out: tests/unit/billing/test_new.py." in result.output
    # And one that was edited just now runs as a whole
    new.write_text("def test_newer():\n    pass\n")
    result = call(app, workspace, "--affected", "--since", "HEAD")
    assert "Newer than the reach map" not in result.output
    assert "Edited test modules run as a whole: tests/unit/billing/test_new.py." in result.output


def test_without_a_map_it_says_how_to_make_one(
    app: typer.Typer, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_file.load_map, "__defaults__", (tmp_path / "nowhere",))
    result = call(app, workspace, "--affected")
    assert result.exit_code == 2
    assert "bugs verify" in " ".join(result.output.split())

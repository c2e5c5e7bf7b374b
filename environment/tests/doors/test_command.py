"""`omnicloud export`, as a person types it, on the fake platform."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from environment.bugs import catalogue as catalogue_module
from environment.bugs import manifest as manifest_module
from environment.bugs.manifest import Manifest, save_manifest
from environment.commands import challenge, export
from environment.workspace import reference as reference_module
from environment.workspace.reference import Reference, git


@pytest.fixture
def app(
    reference: Reference, catalogue_folder: Path, measured: Manifest, monkeypatch: pytest.MonkeyPatch
) -> typer.Typer:
    """The commands over the fake platform."""
    save_manifest(measured, catalogue_folder)
    monkeypatch.setattr(catalogue_module.load_catalogue, "__defaults__", (catalogue_folder,))
    monkeypatch.setattr(manifest_module.load_manifest, "__defaults__", (catalogue_folder,))
    code = reference.root / "environment" / "workspace" / "reference.py"
    monkeypatch.setattr(reference_module, "__file__", str(code))
    app = typer.Typer()
    challenge.register(app)
    export.register(app)
    return app


def call(app: typer.Typer, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_harbor_tasks_of_single_bugs_and_of_seeds(app: typer.Typer, tmp_path: Path) -> None:
    made = call(app, "export", "--format", "harbor", tmp_path / "one", "--bugs", "e1,H2")
    assert made.exit_code == 0, made.output
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["omnicloud-e1", "omnicloud-h2"]
    assert "2 tasks for Harbor. They need the images omnicloud/agent and omnicloud/verifier." in made.stdout
    words = ("--count", "2", "--seed", "7", "--tasks", "3", "--images", "registry.example/omnicloud")
    assert call(app, "export", "--format", "harbor", tmp_path / "two", *words).exit_code == 0
    names = sorted(path.name for path in (tmp_path / "two").iterdir())
    assert names == ["omnicloud-k2-s7", "omnicloud-k2-s8", "omnicloud-k2-s9"]
    for part, image in (("environment", "agent"), ("tests", "verifier")):
        text = (tmp_path / "two" / names[0] / part / "Dockerfile").read_text()
        assert f"\nFROM registry.example/omnicloud/{image}\n" in text


def test_swe_bench_rows_and_what_is_left_out(
    app: typer.Typer, tmp_path: Path, catalogue_folder: Path, measured: Manifest
) -> None:
    bugs = {bug_id: item for bug_id, item in measured.bugs.items() if bug_id != "E9"}
    save_manifest(replace(measured, bugs=bugs), catalogue_folder)
    made = call(app, "export", "--format", "swebench", tmp_path / "rows")
    assert made.exit_code == 0, made.output
    assert "omnicloud-e9 is left out: not measured." in made.stderr
    assert made.stdout == "3 tasks as rows of omnicloud.jsonl, 1 left out.\n"
    rows = [json.loads(line) for line in (tmp_path / "rows/omnicloud.jsonl").read_text().splitlines()]
    assert [row["instance_id"] for row in rows] == ["omnicloud-l1", "omnicloud-e1", "omnicloud-h2"]
    # And the base of a row is what the command for people makes
    call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact")
    assert git(tmp_path / "w", "rev-parse", "HEAD").stdout.strip() == rows[1]["base_commit"]


def test_bad_input_ends_with_a_message_and_leaves_nothing(
    app: typer.Typer, tmp_path: Path, catalogue_folder: Path, measured: Manifest
) -> None:
    save_manifest(replace(measured, bugs={}), catalogue_folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("precious")
    (tmp_path / "file").write_text("")
    new, before = tmp_path / "new", sorted(path.name for path in tmp_path.iterdir())
    for words, message in (
        (("--format", "harbor", new, "--bugs", "K5"), "no bug K5"),
        (("--format", "harbor", new, "--family", "x"), "no family"),
        (("--format", "harbor", new, "--difficulty", "x"), "no difficulty"),
        (("--format", "harbor", new, "--count", "9"), "--count must be between 1 and 4"),
        (("--format", "harbor", new, "--count", "0"), "--count must be between 1 and 4"),
        (("--format", "harbor", new, "--count", "1", "--seed", "-3"), "--seed must be 0 or more"),
        (("--format", "harbor", new, "--tasks", "0"), "--tasks must be 1 or more"),
        (("--format", "harbor", new, "--tasks", "9"), "--tasks must be between 1 and 4"),
        (("--format", "harbor", new, "--images", "a b"), "isn't the beginning of an image's name"),
        (("--format", "harbor", tmp_path / "full"), "isn't empty"),
        (("--format", "harbor", tmp_path / "file"), "isn't a folder"),
        (("--format", "harbor", tmp_path / "file/below"), "can't be made"),
        (("--format", "swebench", new), "No task is left, so nothing was written."),
        (("--format", "other", new), "'other'"),
        ((new,), "--format"),
    ):
        result = call(app, "export", *words)
        assert result.exit_code == 2, words
        assert message in " ".join(result.output.split()), result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "full/mine").read_text() == "precious"

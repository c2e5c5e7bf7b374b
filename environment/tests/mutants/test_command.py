"""`omnicloud mutants`, as a person types it, on the fake platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from environment.bugs import manifest as manifests
from environment.bugs.manifest import Manifest, Measurement, TestInfo
from environment.commands import mutants as command
from environment.mutants import reasons
from environment.mutants.sample import draw
from environment.reach import map_file
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import BILLING, PRORATION, UNIT
from environment.workspace import reference as references
from environment.workspace.reference import Reference


@pytest.fixture
def reasons_file(tmp_path: Path) -> Path:
    file = tmp_path / "reasons.toml"
    file.touch()
    return file


@pytest.fixture
def app(
    reference: Reference, reach_map: ReachMap, reasons_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> typer.Typer:
    """The command, with the fake platform, its map and its own reasons."""
    map_file.save_map(reach_map, tmp_path)
    monkeypatch.setattr(map_file.load_map, "__defaults__", (tmp_path,))
    monkeypatch.setattr(reasons.load_reasons, "__defaults__", (reasons_file,))
    monkeypatch.setattr(references, "default_reference", lambda: reference)
    app = typer.Typer()
    command.register(app)
    app.callback()(lambda: None)  # So that the one command keeps its name.
    return app


def call(app: typer.Typer, *words: object) -> Result:
    return CliRunner().invoke(app, ["mutants", *map(str, words)])


def test_killed_mutants_are_counted(app: typer.Typer, tmp_path: Path) -> None:
    result = call(app, "services/compute", "--count", 3, "--live-seconds", 0, "--json", tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert [item["function"].partition("::")[2] for item in document["mutants"]] == ["fits", "release", "total"]
    assert document["counts"] == {
        "killed by a unit test": 3,
        "killed live": 0,
        "survived": 0,
        "undecided": 0,
        "equivalent by reason": 0,
    }
    assert "3 of 3 decided mutants are killed (100 %)." in result.output
    assert result.exit_code == 0, result.output


def test_a_survivor_is_an_error_until_a_reason_is_given(
    app: typer.Typer, reference: Reference, reach_map: ReachMap, reasons_file: Path
) -> None:
    # Given a seed whose mutant is about a month of thirty days, of which there is no test
    samples = ((seed, draw(reference.files, reach_map, 1, seed, ["services/billing"])[0]) for seed in range(99))
    seed, mutant = next(
        (seed, mutant)
        for seed, mutant in samples
        if mutant.operator == "constant" and mutant.change.after.endswith("else 28 if month == 2 else 31")
    )
    result = call(app, "services/billing", "--count", 1, "--seed", seed)
    assert result.exit_code == 1
    assert f"survived: {PRORATION}:2  days" in result.output
    assert f"    {BILLING}::test_january" in result.output
    # When a reason is given, it is none any more
    entry = "\n".join(f'{name} = "{getattr(mutant.change, name)}"' for name in ("function", "before", "after"))
    reasons_file.write_text(f'[[reason]]\n{entry}\nplace = {mutant.change.place}\nwhy = "It is a fake."\n')
    result = call(app, "services/billing", "--count", 1, "--seed", seed)
    assert result.exit_code == 0, result.output
    assert "equivalent by reason" in result.output
    # And a reason that is about nothing is an error
    reasons_file.write_text(reasons_file.read_text().replace("::days", "::gone"))
    result = call(app, "services/compute", "--count", 1, "--live-seconds", 0)
    assert result.exit_code == 1
    assert f"a reason is about nothing that is there: {PRORATION}::gone" in result.output


def test_a_file_of_reasons_that_is_none_is_refused(app: typer.Typer, reasons_file: Path) -> None:
    reasons_file.write_text("[[reason]]\n")
    assert call(app).exit_code == 2


def test_tests_that_no_bug_fails_are_asked(app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total, claims = f"{UNIT}::test_total", f"{UNIT}::test_what_fits[1]"
    tests = {test_id: TestInfo("unit", ("compute",)) for test_id in (total, claims)}
    manifest = Manifest("", tests, {"L1": Measurement("", "", (total, claims))})
    monkeypatch.setattr(manifests, "load_manifest", lambda: manifest)
    result = call(app, "--tests", 1, "--json", tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    assert "2 of 2 tests fail under none of the bugs that fail no more than 10% of all tests." in result.output
    assert "1 of 1 tests asked: 1 noticed, 0 nothing noticed" in result.output
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["unproven"] == sorted([total, claims])

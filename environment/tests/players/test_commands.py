"""The commands, as a person types them, on the fake platform."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from environment.bugs import catalogue as catalogue_module
from environment.bugs import held_out as held_out_module
from environment.bugs import manifest as manifest_module
from environment.bugs.manifest import Manifest, save_manifest
from environment.commands import bugs, challenge, score
from environment.commands import test as test_command
from environment.fleet.caller import program
from environment.grading import result_files
from environment.grading.grade import Grader
from environment.tests.fake_platform import make_held_out
from environment.verification import audit_checks
from environment.workspace import reference as reference_module
from environment.workspace.reference import Reference


@pytest.fixture
def app(
    reference: Reference, catalogue_folder: Path, measured: Manifest, monkeypatch: pytest.MonkeyPatch
) -> typer.Typer:
    """The episode side's commands over the fake platform."""
    save_manifest(measured, catalogue_folder)
    monkeypatch.setattr(catalogue_module.load_catalogue, "__defaults__", (catalogue_folder,))
    monkeypatch.setattr(held_out_module.load_held_out, "__defaults__", (make_held_out(catalogue_folder / "held_out"),))
    monkeypatch.setattr(audit_checks.check_audits, "__defaults__", (catalogue_folder,))
    for function in (manifest_module.load_manifest, manifest_module.manifest_or_empty):
        monkeypatch.setattr(function, "__defaults__", (catalogue_folder,))
    code = reference.root / "environment" / "workspace" / "reference.py"
    monkeypatch.setattr(reference_module, "__file__", str(code))
    app = typer.Typer()
    for module in (bugs, challenge, score, test_command):
        module.register(app)
    return app


def call(app: typer.Typer, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_list_show_graph_and_check(app: typer.Typer) -> None:
    listed = json.loads(call(app, "bugs", "list", "--json").stdout)
    assert [bug["id"] for bug in listed] == ["L1", "E1", "E9", "H2"]
    assert listed[1]["depends_on"] == ["L1"]
    assert {bug["measured"] for bug in listed} == {"yes"}
    shown = call(app, "bugs", "show", "e1").stdout
    assert "+    return used + wanted < capacity" in shown
    assert "tests/unit/compute/test_capacity.py::test_what_fits[2]" in shown
    assert "L1 --> E1" in call(app, "bugs", "graph", "--mermaid").stdout
    assert "longest chain (2): L1 → E1" in call(app, "bugs", "graph").stdout
    checked = call(app, "bugs", "check")
    assert checked.exit_code == 0
    assert checked.stdout.splitlines() == [
        "note: L1: has no held-out test",
        "note: E9: has no held-out test",
        "4 bugs, 4 changed lines, 0 errors",
    ]


def test_a_bug_that_is_not_measured_is_said_to_be_so_and_breaks_nothing(
    app: typer.Typer, catalogue_folder: Path, measured: Manifest, reference: Reference, tmp_path: Path
) -> None:
    # Given a bug that was never measured, one whose patch has changed since, and one of an earlier reference
    bugs = {**measured.bugs, "H2": replace(measured.bugs["H2"], reference="earlier")}
    bugs = {bug_id: item for bug_id, item in bugs.items() if bug_id != "E9"}
    save_manifest(replace(measured, bugs=bugs), catalogue_folder)
    patch = next(catalogue_folder.glob("*/E1.patch"))
    patch.write_text(
        patch.read_text().replace("+    return used + wanted < capacity", "+    return used + wanted < capacity - 0")
    )
    # Then the list, the description and the checks say it
    listed = json.loads(call(app, "bugs", "list", "--json").stdout)
    assert [bug["measured"] for bug in listed] == ["yes", "no", "no", "earlier"]
    told = "4 bugs: 1 measured, 1 measured on an earlier reference, 2 not measured\n"
    assert call(app, "bugs", "list").stdout.endswith(told)
    assert "triggers: not measured" in call(app, "bugs", "show", "E1").stdout
    checked = call(app, "bugs", "check")
    assert checked.exit_code == 0
    assert "note: E9: isn't measured: `omnicloud bugs verify E9`" in checked.stdout
    assert "note: H2: was measured on an older reference" in checked.stdout
    # And a workspace with them is graded
    call(app, "challenge", tmp_path / "w", "--bugs", "E1,E9", "--exact")
    scored = call(app, "score", tmp_path / "w", "--json", tmp_path / "s.json")
    assert scored.exit_code == 0, scored.output
    assert "2 causes: 2 not measured" in scored.stdout


def test_bad_input_ends_with_a_message(app: typer.Typer, tmp_path: Path) -> None:
    for words, message in (
        (("bugs", "show", "K9"), "no bug K9"),
        (("challenge", tmp_path / "w", "--bugs", "K5"), "no bug K5"),
        (("challenge", tmp_path / "w", "--family", "x"), "no family"),
        (("challenge", tmp_path / "w", "--count", "9"), "--count must be between 1 and 4"),
        (("challenge", tmp_path), "isn't empty"),
        (("score", tmp_path / "nowhere"), "isn't a folder"),
        (("score", tmp_path), "isn't a workspace"),
        (("test", tmp_path), "has no folder 'tests'"),
    ):
        result = call(app, *words)
        assert result.exit_code == 2, words
        assert message in " ".join(result.output.split())
    assert not (tmp_path / "w").exists()


def test_a_challenge_is_made_and_scored(app: typer.Typer, tmp_path: Path) -> None:
    made = call(app, "challenge", tmp_path / "w", "--bugs", "E1,h2", "--exact")
    assert made.exit_code == 0, made.output
    assert "2 causes" in made.stdout
    assert "E1" not in made.stdout
    for suggested in ("up --workspace {} --ports auto", "test {} tests/unit -q", "score {}"):
        assert f"-m environment.cli {suggested.format(tmp_path / 'w')}\n" in made.stdout
    # When the untouched workspace is scored
    scored = call(app, "score", tmp_path / "w", "--json", tmp_path / "s.json", "--html", tmp_path / "s.html")
    # Then the report, the file and the page agree
    assert scored.exit_code == 0, scored.output
    document = json.loads((tmp_path / "s.json").read_text())
    assert (document["solved"], document["reward"], document["void"]) == (0, 0.0, "")
    assert [bug["status"] for bug in document["bugs"]] == ["not fixed", "not fixed"]
    assert "2 causes: 2 not fixed" in scored.stdout
    assert f"{len(document['failures'])} tests fail with" in scored.stdout
    assert sum(cause["count"] for cause in document["causes"]) == len(document["failures"])
    assert f"One of them again: {program()} test {tmp_path / 'w'} {document['causes'][0]['example']}" in scored.stdout
    assert "E1" not in scored.stdout
    assert "2 causes" in (tmp_path / "s.html").read_text()
    # And again as JSON on standard output
    assert json.loads(call(app, "score", tmp_path / "w", "--json", "-").stdout) == document


def test_where_a_result_is_to_go_is_seen_to_before_it_is_made(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact").exit_code == 0
    monkeypatch.setattr(Grader, "grade", lambda *_: pytest.fail("it was graded"))
    (tmp_path / "file").touch()
    for words, message in (
        (("score", tmp_path / "w", "--json", tmp_path / "none/s.json"), "There is no folder"),
        (("score", tmp_path / "w", "--html", tmp_path / "none/s.html"), "There is no folder"),
        (("score", tmp_path / "w", "--json", tmp_path), "is a folder"),
        (("test", tmp_path / "w", "--affected", "--json", tmp_path / "none/t.json"), "There is no folder"),
        (("bugs", "report", "--html", tmp_path / "none/b.html"), "There is no folder"),
        (("challenge", tmp_path / "file/w"), "Not a directory"),
    ):
        result = call(app, *words)
        assert (result.exit_code, message in " ".join(result.output.split())) == (2, True), result.output
    assert not (tmp_path / "none").exists()


def test_a_result_that_cannot_be_written_is_told_all_the_same(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "s.json")

    assert call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact").exit_code == 0
    monkeypatch.setattr(result_files, "write_result", full)
    scored = call(app, "score", tmp_path / "w", "--json", tmp_path / "s.json")
    assert scored.exit_code == 3
    assert "s.json: No space left on device" in scored.output
    assert "reward so far" in scored.output


def test_a_control_is_made_and_scored(app: typer.Typer, tmp_path: Path) -> None:
    made = call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact", "--control", "none")
    assert made.stdout.startswith(f"{tmp_path / 'w'} holds a healthy platform: a control (none).\n")
    scored = call(app, "score", tmp_path / "w", "--html", tmp_path / "s.html", "--json", tmp_path / "s.json")
    assert scored.exit_code == 0, scored.output
    document = json.loads((tmp_path / "s.json").read_text())
    assert (document["solved"], document["reward"], document["controls"]["left_alone"]) == (1, 0.0, True)
    assert document["diagnosis"]["trouble"] == "diagnosis.json is missing"
    said = "the platform was healthy from the start, and was left alone"
    assert said in " ".join(scored.stdout.split())
    assert said in (tmp_path / "s.html").read_text()
    refused = call(app, "challenge", tmp_path / "x", "--control", "placebo")
    assert (refused.exit_code, "There are none, decoy, impossible" in " ".join(refused.output.split())) == (2, True)


def test_a_quiet_challenge_says_only_what_was_made(app: typer.Typer, tmp_path: Path) -> None:
    made = call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact", "--quiet")
    assert made.stdout == f"{tmp_path / 'w'} holds a platform with 1 cause of trouble.\n"


def test_a_services_own_tests_run_alone(app: typer.Typer, tmp_path: Path) -> None:
    call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact")
    assert call(app, "test", tmp_path / "w", "--service", "billing", "-q").exit_code == 0
    assert call(app, "test", tmp_path / "w", "--service", "compute", "-q").exit_code == 1
    assert call(app, "test", tmp_path / "w", "--service", "billing", "--service", "compute", "-q").exit_code == 1
    for name in ("copmute", "../compute", "*"):
        refused = call(app, "test", tmp_path / "w", "--service", name)
        assert refused.exit_code == 2
        assert "There are tests of billing, compute" in refused.output
    assert call(app, "test", tmp_path / "w", "--service", "compute", "--affected").exit_code == 2


def test_tests_of_a_workspace_run_in_place(app: typer.Typer, tmp_path: Path) -> None:
    call(app, "challenge", tmp_path / "w", "--bugs", "E1", "--exact")
    assert call(app, "test", tmp_path / "w", "-q", "-k", "billing").exit_code == 0
    assert call(app, "test", tmp_path / "w", "tests/unit", "-q").exit_code == 1

"""The measures, with measurements that are given: what becomes of them, and which of them run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from environment.affected.summary import Summary
from environment.bench import __main__ as command
from environment.bench import suites, verification
from environment.bench.figures import Figure, Verdict, at_most
from environment.bench.fleet import Boot, FleetBench, Idle
from environment.bench.machine import Machine
from environment.bench.measures import (
    MEASURES,
    Context,
    Measure,
    affected_figures,
    boot_figures,
    chosen,
    request_figures,
    suite_figures,
    verification_figures,
)
from environment.bench.requests import RequestCost, RequestCosts
from environment.bench.suites import SuiteTime
from environment.bench.verification import VerifyTimes

QUIET = Machine(2, 24105, "Fast 9000", "6.1.0", "3.11.2", load=0.2, busy=0.02)


def verdicts(figures: list[Figure]) -> list[str]:
    return [figure.verdict.value for figure in figures]


def test_requests_are_held_against_the_bare_end_point_of_the_same_run() -> None:
    costs = RequestCosts(
        800.0, 1.1, (RequestCost("GET, Django", "network", 320.0, 2.0, 3.0), RequestCost("P", "dns", 100.0, 4.0, 3.0))
    )
    bare, cpu, rate, slow_cpu, slow_rate = request_figures(costs)
    assert (bare.value, bare.verdict) == (800.0, Verdict.NONE)
    assert (cpu.value, rate.value) == (5.0, 0.4)
    assert verdicts([cpu, rate, slow_cpu, slow_rate]) == ["met", "met", "missed", "missed"]
    assert cpu.note == "gateway 2.00, network 3.00"


def test_a_fleet_is_held_against_its_targets() -> None:
    cold = Boot(9.0, 14.0, 900.0, from_template=False, nursery_trouble="")
    warm = Boot(2.9, 6.0, 901.0, from_template=True, nursery_trouble="an import prints")
    figures = boot_figures(FleetBench(cold, warm, Idle(20.0, 0.04)))
    assert [figure.value for figure in figures] == [9.0, 2.9, 6.0, 901.0, 0.04]
    assert verdicts(figures) == ["–", "met", "–", "missed", "met"]
    assert figures[0].note == "14.0 s of CPU"
    assert figures[3].note.endswith("not shared: an import prints")


def test_suites_verification_and_edits() -> None:
    assert verdicts(suite_figures(SuiteTime(2905, 110.0), SuiteTime(924, 200.0))) == ["met", "–", "missed"]
    assert verdicts(verification_figures(VerifyTimes(27, 700.0, 200.0, 59.0))) == ["met", "missed", "met"]
    summary = Summary(200, 8.0, 60.0, 6.0, 50.0, 4.0, 150, 5, 3, 20, 50, 0, 0, 0, 0)
    assert verdicts(affected_figures(summary)) == ["met", "–", "–"]


def test_the_short_ones_run_unless_others_are_named() -> None:
    assert [measure.name for measure in chosen([], long=False)] == ["fleet", "requests"]
    assert [measure.name for measure in chosen([], long=True)] == list(MEASURES)
    assert [measure.name for measure in chosen(["suites", "fleet"], long=False)] == ["fleet", "suites"]
    with pytest.raises(ValueError, match="there is no measure flet; there are fleet"):
        chosen(["flet"], long=False)


def test_what_cannot_be_measured_keeps_none_of_the_others_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: Context) -> list[Figure]:
        raise RuntimeError("no port left")

    monkeypatch.setattr(command, "machine", lambda: QUIET)
    good = Measure("good", "it works", lambda context: [Figure("x", 1.0, "s", at_most(2))])
    run = command.measured([Measure("bad", "it doesn't", broken), good], Context(tmp_path, tmp_path))
    assert run.failed == {"bad": "RuntimeError: no port left"}
    assert run.figures == {"good": [Figure("x", 1.0, "s", at_most(2))]}


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "machine", lambda: QUIET)
    measure = Measure("good", "it works", lambda context: [Figure("x", 1.0, "s", at_most(2))])
    monkeypatch.setattr(command, "chosen", lambda names, long: [measure])
    out, page = tmp_path / "out.json", tmp_path / "out.md"
    assert command.main(["--json", str(out), "--markdown", str(page)]) == 0
    assert "1.00 s" in capsys.readouterr().out
    assert json.loads(out.read_text())["figures"][0]["value"] == 1.0
    assert "| x | 1.00 s | ≤ 2.00 s | met |" in page.read_text()


def test_an_unknown_name_ends_with_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["flet"])
    assert ended.value.code == 2
    assert "there is no measure flet" in capsys.readouterr().err


def test_a_suite_has_a_time_only_when_it_passes(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    found = suites.measure(tmp_path, ["-q", "-p", "no:randomly"])
    assert found.passed == 2
    assert found.seconds > 0
    (tmp_path / "test_x.py").write_text("def test_a(): assert False\n")
    assert suites.passed_of("..\n1 failed, 1905 passed in 9.1s\n") == 1905
    with pytest.raises(suites.SuiteFailed, match="1 failed"):
        suites.measure(tmp_path, ["-q"])


def test_an_idle_statement_changes_a_functions_body_and_nothing_that_it_does() -> None:
    source = '"""Doc."""\n\n\nclass A:\n    def f(self):\n        """Doc."""\n        return 1\n'
    changed = verification.with_idle_statement(source)
    assert (
        changed == '"""Doc."""\n\n\nclass A:\n    def f(self):\n        """Doc."""\n        _ = 0\n        return 1\n'
    )
    assert verification.with_idle_statement('def f():\n    """Nothing."""\n') == ""
    assert verification.with_idle_statement("A = 1\n") == ""


def test_verification_is_measured_on_a_clone_that_starts_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a repository with a manifest
    root = tmp_path / "repository"
    for path, content in {
        "environment/bugs/dns/D1.patch": "x\n",
        "environment/bugs/manifest.json": "{}\n",
        "environment/bugs/reach.json.gz": "x\n",
        "services/dns/domain/zones.py": "def f():\n    return 1\n",
        "tests/unit/dns/test_x.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for step in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *step], cwd=root, check=True)
    seen: list[tuple[bool, bool, bool]] = []

    def verify(clone: Path, cache: Path, arguments: object) -> float:
        measured = (clone / "environment/bugs/manifest.json").exists()
        changed = "_ = 0" in (clone / "services/dns/domain/zones.py").read_text()
        seen.append((measured, changed, (clone / verification.NEW_TEST).exists()))
        return float(len(seen))

    monkeypatch.setattr(verification, "_verify", verify)
    # When the three verifications are timed
    assert verification.measure(root) == VerifyTimes(1, 1.0, 2.0, 3.0)
    # Then the first starts from nothing, and the repository is as it was
    assert seen == [(False, False, False), (False, True, False), (False, True, True)]
    assert "_ = 0" not in (root / "services/dns/domain/zones.py").read_text()
    assert (root / "environment/bugs/manifest.json").is_file()

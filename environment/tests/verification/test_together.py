"""Bugs that can touch many tests share a run of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from environment.bugs.catalogue import load_catalogue
from environment.bugs.manifest import Manifest, load_manifest, save_manifest
from environment.grading.results import SuiteRun
from environment.grading.runner import Options, run_suite
from environment.tests.fake_platform import make_held_out
from environment.tests.verification.test_verify import verifier
from environment.verification import hurry, together, verify
from environment.verification.measuring import Plan
from environment.verification.verify import Report, Verifier
from environment.workspace.reference import Reference

WIDE = ["E1", "E9", "H2"]


@pytest.fixture
def shared_runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The groups that were run; every bug counts as wide, and with two bugs most of these few tests may fail."""
    ran: list[list[str]] = []
    original = together.suspects

    def noted(plans: list[Plan], *others: Any) -> frozenset[str] | None:
        ran.append([plan.bug.id for plan in plans])
        return original(plans, *others)

    def hurried(files: Mapping[str, bytes], wanted: Collection[str], options: Options) -> SuiteRun:
        assert options.arguments[-2:] == ("-p", hurry.MODULE)
        return run_suite(files, wanted, options)

    monkeypatch.setattr(together, "run_suite", hurried)
    monkeypatch.setattr(together, "WIDE_SHARE", -1.0)
    monkeypatch.setattr(together, "BROKEN_SHARE", 1.0)
    monkeypatch.setattr(together, "START_SECONDS", -1.0)
    monkeypatch.setattr(verify, "suspects", noted)
    return ran


@pytest.mark.parametrize("parted", [False, True])
def test_what_is_measured_together_is_what_is_measured_alone(
    reference: Reference,
    catalogue_folder: Path,
    measured: Manifest,
    shared_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    parted: bool,
) -> None:
    # When bugs of two files are measured with one run of the suite, or with a second one of what failed there
    monkeypatch.setattr(verify, "parts", lambda group, _: [list(group)] if parted else [])
    make_held_out(catalogue_folder / "held_out")
    reports: list[Report] = []
    verifier(reference, catalogue_folder, reports, together=8).verify(WIDE)
    # Then each has the triggers that it has alone
    found = load_manifest(catalogue_folder)
    assert shared_runs == [["E9", "H2"]] * (1 + parted)
    assert {bug_id: found.bugs[bug_id].triggers for bug_id in WIDE} == {
        bug_id: measured.bugs[bug_id].triggers for bug_id in WIDE
    }
    assert {bug_id: found.bugs[bug_id].held_out for bug_id in WIDE} == {
        bug_id: measured.bugs[bug_id].held_out for bug_id in WIDE
    }
    # And nothing has to run again
    reports.clear()
    verifier(reference, catalogue_folder, reports, together=8).verify(WIDE)
    assert [report.seconds for report in reports] == [0.0] * 4


def test_bugs_of_one_file_or_that_hide_each_other_are_not_put_together(
    reference: Reference, catalogue_folder: Path, shared_runs: list[list[str]]
) -> None:
    verifier(reference, catalogue_folder, [], together=8).verify()
    catalogue = load_catalogue(catalogue_folder)
    for group in shared_runs:
        paths = [path for bug_id in group for path in catalogue[bug_id].paths]
        assert len(paths) == len(set(paths))
        assert "L1" not in group or len(group) == 1


def test_a_group_with_which_most_fails_is_parted(
    reference: Reference,
    catalogue_folder: Path,
    measured: Manifest,
    shared_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "BROKEN_SHARE", 0.0)
    verifier(reference, catalogue_folder, [], together=8).verify(WIDE)
    found = load_manifest(catalogue_folder)
    assert {bug_id: found.bugs[bug_id].triggers for bug_id in WIDE} == {
        bug_id: measured.bugs[bug_id].triggers for bug_id in WIDE
    }
    assert all(len(group) > 1 for group in shared_runs)


@pytest.mark.parametrize("share", [-1.0, 2.0], ids=["wide", "narrow"])
@pytest.mark.parametrize("before", [False, True], ids=["never measured", "measured before"])
def test_only_what_several_can_touch_and_none_failed_before_is_tried_with_all(
    reference: Reference,
    catalogue_folder: Path,
    shared_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    before: bool,
) -> None:
    # Given two bugs and three tests that reach both: with one of them fail none, with another both, and each fails one
    write_tests_of_both(reference)
    names = ("passes", "fails", "fails_with_e9")
    passes, fails, fails_with_e9 = (f"tests/unit/compute/test_both.py::test_{name}" for name in names)
    verifier(reference, catalogue_folder, []).verify(["E9", "H2"])
    alone = load_manifest(catalogue_folder)
    assert fails in alone.bugs["E9"].triggers
    assert fails in alone.bugs["H2"].triggers
    assert fails_with_e9 in alone.bugs["E9"].triggers
    assert fails_with_e9 not in alone.bugs["H2"].triggers
    for name in ("measured.json.gz", "reach.json.gz", *(() if before else ("manifest.json",))):
        (catalogue_folder / name).unlink()
    if before:
        earlier = {bug_id: replace(item, reference="earlier") for bug_id, item in alone.bugs.items()}
        save_manifest(replace(alone, bugs=earlier, edges={}), catalogue_folder)
    monkeypatch.setattr(together, "WIDE_SHARE", share)
    monkeypatch.setattr(together, "HIDING_SHARE", 1.0)
    tried: list[frozenset[str]] = []

    def noted(files: Mapping[str, bytes], wanted: Collection[str], options: Options) -> SuiteRun:
        tried.append(frozenset(wanted))
        return run_suite(files, wanted, options)

    monkeypatch.setattr(together, "run_suite", noted)
    # When they are measured together
    verifier(reference, catalogue_folder, [], together=8).verify(["E9", "H2"])
    # Then what nobody else can touch and what was seen to fail is run with each alone, and the outcome is the same
    assert tried == [frozenset({passes} if before else {passes, fails, fails_with_e9})]
    found = load_manifest(catalogue_folder)
    assert {bug_id: found.bugs[bug_id].triggers for bug_id in ("E9", "H2")} == {
        bug_id: alone.bugs[bug_id].triggers for bug_id in ("E9", "H2")
    }


def test_what_a_shared_run_says_outlives_a_crash(
    reference: Reference, catalogue_folder: Path, shared_runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given bugs that were measured alone, and the same anew, which ends after the run that they share
    write_tests_of_both(reference)
    verifier(reference, catalogue_folder, []).verify(["E9", "H2"])
    alone = load_manifest(catalogue_folder)
    for name in ("measured.json.gz", "reach.json.gz", "manifest.json"):
        (catalogue_folder / name).unlink()
    tried: list[frozenset[str]] = []

    def noted(files: Mapping[str, bytes], wanted: Collection[str], options: Options) -> SuiteRun:
        tried.append(frozenset(wanted))
        return run_suite(files, wanted, options)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(together, "run_suite", noted)
    with monkeypatch.context() as patch:
        patch.setattr(Verifier, "_beside_each_other", dies)
        with pytest.raises(KeyboardInterrupt):
            verifier(reference, catalogue_folder, [], together=8).verify(["E9", "H2"])
    # When it goes on
    verifier(reference, catalogue_folder, [], together=8).verify(["E9", "H2"])
    # Then what passed with both doesn't run again, and the outcome is what each has alone
    first, second = tried
    assert second < first
    assert "tests/unit/compute/test_both.py::test_passes" not in second
    found = load_manifest(catalogue_folder)
    assert {bug_id: found.bugs[bug_id].triggers for bug_id in ("E9", "H2")} == {
        bug_id: alone.bugs[bug_id].triggers for bug_id in ("E9", "H2")
    }


def write_tests_of_both(reference: Reference) -> None:
    """Tests that reach what two bugs of different services edit."""
    (reference.root / "tests/unit/compute/test_both.py").write_text(
        "from services.billing.proration import days\n"
        "from services.compute.capacity import release\n\n\n"
        "def test_passes():\n    assert (release(3, 1), days(4)) == (2, 30)\n\n\n"
        "def test_fails():\n    assert (release(1, 3), days(2)) == (0, 28)\n\n\n"
        "def test_fails_with_e9():\n    assert (release(1, 3), days(4)) == (0, 30)\n"
    )


def test_one_at_a_time_runs_nothing_together(
    reference: Reference, catalogue_folder: Path, shared_runs: list[list[str]]
) -> None:
    verifier(reference, catalogue_folder, []).verify(WIDE)
    assert shared_runs == []


@pytest.mark.parametrize(
    ("bugs", "seconds", "sizes"),
    [(24, 100, [4] * 6), (18, 100, [4, 4, 4, 4, 2]), (10, 100, []), (3, 100, []), (24, 9, [])],
)
def test_few_bugs_at_a_time_share_what_is_left_unless_it_is_little(bugs: int, seconds: int, sizes: list[int]) -> None:
    group = [Plan(f"B{number}", {}, frozenset({f"test {number}"})) for number in range(bugs)]  # type: ignore[arg-type]
    clock = SimpleNamespace(seconds=lambda _: seconds / bugs)
    assert [len(part) for part in together.parts(group, clock)] == sizes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "known", "seconds"),
    [
        (600, None, hurry.MOST_SECONDS),
        (600, 50, hurry.MOST_SECONDS),
        (600, 5, 4 * 5 + 15),
        (30, 50, 30),
        (None, None, hurry.MOST_SECONDS),
        (None, 0.5, 4 * 0.5 + 15),
    ],
)
def test_in_a_shared_run_no_test_has_much_longer_than_it_takes(
    tmp_path: Path, own: int | None, known: float | None, seconds: float
) -> None:
    shutil.copyfile(hurry.__file__, tmp_path / f"{hurry.MODULE}.py")
    (tmp_path / f"{hurry.MODULE}.json").write_text(json.dumps({} if known is None else {"test_it.py::test_it": known}))
    mark = "" if own is None else f"@pytest.mark.timeout({own})\n"
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n\n{mark}def test_it(request):\n    found = request.node.get_closest_marker('timeout')\n"
        f"    assert found.args[0] == {seconds}\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", hurry.MODULE, "-p", "no:cacheprovider", "test_it.py"]
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

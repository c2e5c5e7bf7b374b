"""Measuring the sample: it goes on where it stopped, and counts contradictions both ways."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from environment.affected import measure as measuring
from environment.affected.sample import Edit, draw
from environment.affected.summary import lines, summary
from environment.grading.results import Outcome, SuiteRun
from environment.grading.runner import Options
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import UNIT
from environment.workspace.reference import Reference


def record(seconds: float, **others: Any) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "quick_seconds": seconds / 2,
        "first_failure": None,
        "failed": [],
        "long": [],
        "tests": 3,
        **others,
    }


def test_a_summary_counts_both_ways() -> None:
    check = {
        "against": "suite",
        "full_only": ["a", "b"],
        "affected_only": ["c"],
        "confirmed_full_only": ["a"],
        "confirmed_affected_only": [],
    }
    unit = {**check, "against": "unit", "full_only": [], "affected_only": [], "confirmed_full_only": []}
    found = summary(
        {
            "edits": {
                **{f"e{number}": record(float(number)) for number in range(1, 9)},
                "e9": record(9.0, failed=["c"], long=["c", "d"], first_failure=2.0, check=check),
                "e10": record(10.0, tests=0, check=unit),
            }
        }
    )
    assert (found.edits, found.median, found.ninetieth, found.first_failure_median) == (10, 5.5, 9.0, 2.0)
    assert (found.quick_median, found.quick_ninetieth) == (2.75, 4.5)
    assert (found.failing, found.only_long, found.unreached, found.suites, found.unit_runs) == (1, 1, 1, 1, 1)
    assert (found.full_only, found.affected_only) == (2, 1)
    assert (found.confirmed_full_only, found.confirmed_affected_only) == (1, 0)
    assert "only the full run saw 2 failures (1 of them again), only the affected run 1 (0 confirmed)" in lines(found)
    with pytest.raises(ValueError, match="no edit"):
        summary({"edits": {}})


class Fake:
    """Stands for the measuring of single edits."""

    fail_after = 99

    def __init__(self, *_: object) -> None:
        self.done: list[tuple[str, bool]] = []
        FAKES.append(self)

    def measure(self, edit: Edit, whole_suite: bool) -> dict[str, Any]:
        if len(self.done) == self.fail_after:
            raise KeyboardInterrupt
        self.done.append((edit.key, whole_suite))
        return record(1.0, function=edit.function, kind=edit.kind)

    def close(self) -> None:
        pass


FAKES: list[Fake] = []


def test_it_goes_on_where_it_was_interrupted(
    reference: Reference, reach_map: ReachMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FAKES.clear()
    monkeypatch.setattr(measuring, "Measuring", Fake)
    monkeypatch.setattr(measuring, "default_reference", lambda: reference)
    monkeypatch.setattr(measuring, "load_map", lambda: reach_map)
    file = tmp_path / "sample.json"
    # Given a run that was interrupted after two of three edits
    monkeypatch.setattr(Fake, "fail_after", 2)
    with pytest.raises(KeyboardInterrupt):
        measuring.measure(3, 1, file)
    assert len(json.loads(file.read_text())["edits"]) == 2
    # When it is started again
    monkeypatch.setattr(Fake, "fail_after", 99)
    document = measuring.measure(3, 1, file)
    # Then only the others run, and of all three one is held against the whole suite
    first, second = FAKES
    assert (len(first.done), len(second.done), len(document["edits"])) == (2, 1, 3)
    assert sum(whole for _, whole in [*first.done, *second.done]) == 1
    # And another seed is another file
    with pytest.raises(ValueError, match="another seed"):
        measuring.measure(3, 1, file, seed=1)


class Checked(measuring.Measuring):
    """Full runs whose failures are given, the second one those that stay."""

    def __init__(self, reference: Reference, reach_map: ReachMap, *failures: set[str]) -> None:
        self._reference, self._map, self._options = reference, reach_map, Options()
        self._failures = list(failures)
        self.asked: list[frozenset[str]] = []

    def _run(self, edit: Edit, ids: Collection[str]) -> SuiteRun:
        self.asked.append(frozenset(ids))
        failed = self._failures.pop(0)
        return SuiteRun({name: Outcome.FAILED if name in failed else Outcome.PASSED for name in ids})


def test_what_contradicts_runs_once_more_alone(reference: Reference, reach_map: ReachMap) -> None:
    (edit,) = draw(reference.files, 1)
    fits, total, release = (
        f"{UNIT}::{name}" for name in ("test_what_fits[1]", "test_total", "TestRelease::test_release")
    )
    ids = frozenset({fits, total, release})
    checked = Checked(reference, reach_map, {fits, release}, {release})
    found = checked._check(edit, "unit", ids, {fits, total})
    assert (found.failed, found.full_only, found.affected_only) == (2, (release,), (total,))
    assert (found.confirmed_full_only, found.confirmed_affected_only) == ((release,), (total,))
    assert checked.asked == [ids, frozenset({release, total})]


def test_without_contradiction_nothing_runs_again(reference: Reference, reach_map: ReachMap) -> None:
    (edit,) = draw(reference.files, 1)
    checked = Checked(reference, reach_map, {f"{UNIT}::test_total"})
    found = checked._check(edit, "suite", reach_map.tests_known, {f"{UNIT}::test_total"})
    assert (found.full_only, found.affected_only) == ((), ())
    assert len(checked.asked) == 1

"""Rows as SWE-bench has them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from environment.bugs.select import Choice
from environment.doors.grading import grade_patch
from environment.doors.swebench import RowMaker, as_line
from environment.doors.tasks import several_bugs_task, single_bug_task, tasks
from environment.grading.grade import Grader
from environment.workspace.make import make_workspace
from environment.workspace.reference import git

FIELDS = (
    *("repo", "instance_id", "base_commit", "patch", "test_patch", "problem_statement", "hints_text", "created_at"),
    *("version", "FAIL_TO_PASS", "PASS_TO_PASS", "environment_setup_commit"),
)
"""Those of SWE-bench's own type; each of them is a string there."""


@pytest.fixture
def maker(grader: Grader) -> RowMaker:
    return RowMaker(grader.reference, grader.catalogue, grader.manifest)


def test_a_row_has_the_fields_of_swe_bench_and_says_what_was_measured(maker: RowMaker, grader: Grader) -> None:
    task = single_bug_task(grader.catalogue, "H2")
    row = json.loads(as_line(maker.row(task)))
    assert {type(row[name]) for name in FIELDS} == {str}
    assert (row["instance_id"], row["bugs"], row["problem_statement"]) == ("omnicloud-h2", ["H2"], task.instruction)
    fail, passed = json.loads(row["FAIL_TO_PASS"]), json.loads(row["PASS_TO_PASS"])
    assert fail == ["tests/unit/billing/test_proration.py::test_february",
                    "tests/unit/billing/test_proration.py::test_january"]  # fmt: skip
    assert sorted(fail + passed) == sorted(grader.manifest.tests)


def test_the_base_is_the_workspace_of_a_challenge_and_the_patch_solves_it(
    maker: RowMaker, grader: Grader, tmp_path: Path
) -> None:
    task = several_bugs_task(grader.catalogue, Choice(count=2, seed=1))
    row = maker.row(task)
    made = make_workspace(grader.reference, [grader.catalogue[bug_id] for bug_id in task.bugs], tmp_path / "w")
    assert row["base_commit"] == row["environment_setup_commit"] == made.commit
    (tmp_path / "p.diff").write_text(row["patch"])
    assert git(tmp_path / "w", "apply", "--check", str(tmp_path / "p.diff")).returncode == 0
    assert grade_patch(grader, task, row["patch"]).score.solved == 1


def test_equal_input_gives_equal_rows(maker: RowMaker, grader: Grader) -> None:
    rows = [as_line(maker.row(task)) for task in tasks(grader.catalogue, Choice())]
    assert rows == [as_line(maker.row(task)) for task in tasks(grader.catalogue, Choice())]
    assert len(set(rows)) == 4


def test_what_was_not_measured_has_no_row_and_it_is_said_why(grader: Grader) -> None:
    # Given a bug that was never measured, one of an earlier reference, and one that no test fails with
    bugs = {
        "L1": grader.manifest.bugs["L1"],
        "E1": replace(grader.manifest.bugs["E1"], reference="earlier"),
        "H2": replace(grader.manifest.bugs["H2"], triggers=()),
    }
    asked = [*tasks(grader.catalogue, Choice()), several_bugs_task(grader.catalogue, Choice(count=4))]
    for earlier, more in ((False, []), (True, ["omnicloud-e1"])):
        maker = RowMaker(grader.reference, grader.catalogue, replace(grader.manifest, bugs=bugs), earlier)
        # When tasks are parted
        told, left = maker.parted(asked)
        # Then each has a row, or a reason
        assert [task.id for task in told] == ["omnicloud-l1", *more]
        why = {item.task.id: item.why for item in left}
        assert why["omnicloud-e9"] == "not measured"
        assert why["omnicloud-h2"] == "no visible test fails"
        assert why.get("omnicloud-e1", "") == ("" if earlier else "measured on an earlier reference")
        assert why["omnicloud-k4-s0"] == ("E9 is not measured" if earlier else "E1 is measured on an earlier reference")

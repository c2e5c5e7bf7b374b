"""Held-out tests say whether a repair holds for what nobody has seen who made it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from environment.bugs.held_out import HeldOut
from environment.grading.grade import Grader
from environment.reward.bug_status import Tally
from environment.reward.report import print_score
from environment.reward.score import Score, to_document
from environment.tests.fake_platform import HELD_OUT
from environment.tests.players.play import fix
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference

CAPACITY = "services/compute/capacity.py"
BY_ROTE = "return used + wanted <= capacity if capacity == 4 else used + wanted < capacity"


@pytest.fixture
def workspace(grader: Grader, tmp_path: Path) -> Path:
    """A workspace with three bugs; two have held-out tests."""
    make_workspace(
        grader.reference, [grader.catalogue[bug_id] for bug_id in ("E1", "E9", "H2")], tmp_path / "workspace"
    )
    return tmp_path / "workspace"


def generalises(result: Score) -> dict[str, bool | None]:
    return {bug.id: bug.generalises for bug in result.bugs}


def test_a_repair_generalises_and_what_is_not_repaired_is_not_asked(grader: Grader, workspace: Path) -> None:
    fix(workspace, grader.reference, grader.catalogue, ["E1", "E9", "H2"], ["H2", "E9"])
    result = grader.grade(workspace)
    # E1 isn't repaired, and E9 has no held-out test.
    assert generalises(result) == {"E1": None, "E9": None, "H2": True}
    assert result.generalisation == Tally(1, 1)
    assert [bug.held_out for bug in result.bugs] == [None, None, Tally(2, 2)]


def test_a_repair_by_rote_gets_the_score_and_is_shown_as_one(grader: Grader, workspace: Path) -> None:
    # Given a repair that is right for the capacities that visible tests use, and two real ones
    fix(workspace, grader.reference, grader.catalogue, ["E1", "E9", "H2"], ["E1", "E9", "H2"])
    source = (workspace / CAPACITY).read_text()
    (workspace / CAPACITY).write_text(source.replace("return used + wanted <= capacity", BY_ROTE))
    result = grader.grade(workspace)
    # Then every visible test passes, and the held-out ones tell
    assert (result.solved, result.rate, result.failures) == (1, 1, {})
    assert generalises(result) == {"E1": False, "E9": None, "H2": True}
    document = to_document(result)
    assert document["generalisation"] == {"passed": 1, "total": 2}
    assert document["bugs"][0]["held_out"] == {"passed": 1, "total": 3}
    assert "test_e1" not in str(document)
    file = io.StringIO()
    print_score(result, Console(file=file, width=120), spoil=True)
    assert "Held-out tests: 1 of 2 repairs hold on tests that no workspace has." in file.getvalue()
    assert "1 of 3 pass" in file.getvalue()


def test_nothing_is_asked_about_an_untouched_workspace(grader: Grader, workspace: Path) -> None:
    result = grader.grade(workspace)
    assert set(generalises(result).values()) == {None}
    assert result.generalisation == Tally(0, 0)


def test_what_was_not_measured_tells_nothing(grader: Grader, workspace: Path) -> None:
    # Given held-out tests of H2 that have changed since they were measured
    path = "tests/unit/billing/test_h2_months.py"
    grader.held_out = {"H2": HeldOut({path: b"def test_march():\n    assert False\n"})}
    fix(workspace, grader.reference, grader.catalogue, ["E1", "E9", "H2"], ["H2"])
    assert generalises(grader.grade(workspace))["H2"] is None


def test_a_restricted_grading_asks_only_tests_of_its_categories(grader: Grader, workspace: Path) -> None:
    grader.only = frozenset(test_id for test_id in grader.manifest.tests if test_id.startswith("tests/unit/"))
    fix(workspace, grader.reference, grader.catalogue, ["E1", "E9", "H2"], ["E1"])
    assert grader.grade(workspace).bugs[0].held_out == Tally(2, 2)


def test_no_workspace_has_them_and_no_digest_counts_them(reference: Reference, grader: Grader, tmp_path: Path) -> None:
    # Given a repository with held-out tests
    for path, content in HELD_OUT.items():
        file = reference.root / "environment/held_out" / path
        file.parent.mkdir(parents=True)
        file.write_text(content)
    again = Reference(reference.root)
    # Then they are no part of the reference, nor of what is made from it
    assert again.digest == reference.digest
    make_workspace(again, list(grader.catalogue.values()), tmp_path / "workspace")
    names = {path.name for path in (tmp_path / "workspace").rglob("*")}
    assert "test_capacity.py" in names
    assert not names & {path.rpartition("/")[2] for path in HELD_OUT} | names & {"held_out"}

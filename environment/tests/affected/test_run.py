"""Running what was chosen, in the folder and in the order given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from environment.affected.order import Choice, choose
from environment.affected.run import Decided, run_chosen
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import BILLING, BORDERS, CAPACITY, CLAIMS, UNIT
from environment.workspace.reference import Reference


@pytest.fixture
def choice(reach_map: ReachMap, reference: Reference) -> Choice:
    """What an edit of `fits` touches; the edit is written, too."""
    content = reference.files[CAPACITY]
    edited = content.replace(b"<=", b"<")
    (reference.root / CAPACITY).write_bytes(edited)
    return choose(reach_map, {CAPACITY: content}, {CAPACITY: edited})


def test_the_chosen_tests_run_in_their_order_and_no_others(choice: Choice, reference: Reference) -> None:
    told: list[str] = []
    result = run_chosen(reference.root, choice, on_decided=lambda test_id, end: told.append(test_id))
    # Then both processes kept the order that was asked for
    assert [test_id for test_id in told if test_id in choice.unit] == list(choice.unit)
    assert [test_id for test_id in told if test_id in choice.live] == list(choice.live)
    assert set(result.decided) == set(choice.tests)
    # And the edit is seen on both sides
    assert set(result.failed) == {f"{UNIT}::test_what_fits[2]", f"{CLAIMS}::test_a_claim_up_to_the_last_unit"}
    assert result.decided[f"{CLAIMS}::test_a_claim_up_to_the_last_unit"].message.startswith("AssertionError")
    assert result.first_failure is not None
    assert result.first_failure <= result.seconds
    assert not result.good
    assert (result.missing, result.troubles, result.uncollectable) == ((), (), {})


def test_a_fleet_is_prepared_for_live_tests_and_only_for_them(choice: Choice, reference: Reference) -> None:
    asked: list[str] = []

    def prepare() -> dict[str, str]:
        asked.append("fleet")
        return {"OMNICLOUD_URL": "http://localhost:1"}

    run_chosen(reference.root, replace(choice, tests=choice.unit), workers=[prepare])
    assert asked == []
    run_chosen(reference.root, choice, workers=[prepare])
    assert asked == ["fleet"]


def test_workers_share_what_needs_a_fleet(choice: Choice, reference: Reference) -> None:
    asked: list[str] = []

    def worker(name: str) -> Callable[[], Mapping[str, str]]:
        def prepare() -> Mapping[str, str]:
            asked.append(name)
            return {}

        return prepare

    workers = [worker("one"), worker("other")]
    result = run_chosen(reference.root, choice, workers=workers)
    assert set(result.decided) == set(choice.tests)
    assert sorted(asked) == ["one", "other"]


def test_a_file_that_cannot_be_read_is_told_and_its_tests_are_missing(choice: Choice, reference: Reference) -> None:
    (reference.root / UNIT).write_text("def test_what_fits(:\n")
    result = run_chosen(reference.root, replace(choice, tests=(*choice.unit, f"{BILLING}::test_january")))
    assert set(result.missing) == set(choice.unit)
    assert "SyntaxError" in result.uncollectable[UNIT]
    assert result.decided.keys() == {f"{BILLING}::test_january"}
    assert not result.good


def test_an_edited_module_runs_with_the_tests_that_are_new(choice: Choice, reference: Reference) -> None:
    module = reference.root / BORDERS
    module.write_text(module.read_text() + "\n\ndef test_new():\n    pass\n")
    result = run_chosen(reference.root, replace(choice, tests=(), modules=(BORDERS,)))
    assert {test_id: end.outcome for test_id, end in result.decided.items()} == {
        f"{BORDERS}::test_a_claim_beyond_the_last_unit": "passed",
        f"{BORDERS}::test_new": "passed",
    }
    assert result.good


def test_arguments_go_to_pytest_and_what_it_prints_is_kept(choice: Choice, reference: Reference) -> None:
    result = run_chosen(reference.root, replace(choice, tests=choice.unit), ["-k", "not fits"])
    assert set(result.decided) == {f"{UNIT}::test_what_does_not_fit"}
    log = reference.root / ".omnicloud/affected-tests/unit.log"
    assert "[100%]" in log.read_text()


def test_a_process_that_dies_is_no_result(choice: Choice, reference: Reference) -> None:
    (reference.root / UNIT).write_text("import os\n\n\ndef test_what_does_not_fit():\n    os._exit(9)\n")
    result = run_chosen(reference.root, replace(choice, tests=choice.unit))
    assert result.decided == {}
    assert set(result.missing) == set(choice.unit)
    assert "status 9" in result.troubles[0]


def test_a_skipped_test_is_neither(choice: Choice, reference: Reference) -> None:
    (reference.root / UNIT).write_text(
        "import pytest\n\n\ndef test_what_does_not_fit():\n    pytest.skip('not today')\n"
    )
    only = f"{UNIT}::test_what_does_not_fit"
    result = run_chosen(reference.root, replace(choice, tests=(only,)))
    assert result.decided[only] == Decided("skipped", "Skipped: not today", result.decided[only].seconds)
    assert result.good


def test_the_folder_gets_nothing_but_logs(choice: Choice, reference: Reference) -> None:
    before = {path.name for path in reference.root.iterdir()}
    run_chosen(reference.root, choice)
    assert {path.name for path in reference.root.iterdir()} - before == {".omnicloud"}


def test_it_is_told_when_only_long_tests_are_left(choice: Choice, reference: Reference) -> None:
    long = f"{CLAIMS}::test_a_claim_up_to_the_last_unit"
    slow = replace(choice, durations={**choice.durations, long: 30.0})
    decided: list[str] = []
    known: list[set[str]] = []
    result = run_chosen(
        reference.root,
        slow,
        on_decided=lambda test_id, end: decided.append(test_id),
        on_quick=lambda seconds: known.append(set(decided)),
    )
    assert slow.long == {long}
    assert len(known) == 1
    assert known[0] >= set(choice.tests) - {long}
    assert 0 < result.quick_seconds <= result.seconds
    # And without long ones the result is there when all have run
    assert run_chosen(reference.root, replace(choice, tests=choice.unit)).quick_seconds > 0

"""Results are believed only when everything about them agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environment.fleet.walls.host import Host
from environment.grading.errors import InfrastructureError
from environment.grading.nanny import Ending
from environment.grading.parties import Parties
from environment.grading.process import Channel, Job
from environment.grading.results import Outcome


def channel(expected: list[str] | None = None, barred: tuple[str, ...] = ()) -> Channel:
    return Channel(Job(Path(), [], expected, barred), None)


def send(to: Channel, *records: dict[str, Any]) -> None:
    for record in records:
        to.receive(json.dumps({"nonce": to.nonce, **record}).encode())


def collected(test_id: str) -> dict[str, Any]:
    return {"kind": "collected", "id": test_id, "services": [], "infrastructure_state": False}


def decided(test_id: str, outcome: str = "passed") -> dict[str, Any]:
    return {"kind": "decided", "id": test_id, "outcome": outcome, "message": ""}


def finished(count: int, status: int = 0) -> dict[str, Any]:
    return {"kind": "finished", "decided": count, "exit_status": status}


def test_a_run_that_agrees_with_itself() -> None:
    results = channel(["a", "b", "c"])
    send(results, collected("a"), collected("b"), decided("a"), decided("b", "failed"), finished(2, 1))
    run = results.verdict(Ending(1), "")
    assert run.void == ""
    assert run.outcomes == {"a": Outcome.PASSED, "b": Outcome.FAILED, "c": Outcome.MISSING}
    assert (run.passed, run.failed) == ({"a"}, {"b", "c"})


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([collected("a"), decided("a")], 0),
        ([collected("a"), decided("a"), finished(1, 0)], 1),
        ([collected("a"), decided("a"), finished(1, 1)], 1),
        ([collected("a"), decided("a", "failed"), finished(1, 0)], 0),
        ([collected("a"), decided("a"), finished(2, 0)], 0),
        ([collected("a"), decided("a"), decided("a"), finished(1, 0)], 0),
        ([decided("a"), finished(1, 0)], 0),
        ([collected("a"), finished(0, 0), decided("a")], 0),
        ([{"kind": "surprise"}], 0),
        ([{"kind": "finished"}], 0),
        ([{"kind": "started", "id": []}, collected("a"), decided("a"), finished(1)], 0),
        ([{"kind": "uncollectable", "id": "a", "message": 1}, finished(0, 1)], 1),
        ([collected("a"), {"kind": "decided", "id": "a", "outcome": "splendid", "message": ""}], 0),
        ([collected("a"), {"kind": "decided", "id": "a", "outcome": "passed", "message": "", "nonce": "x"}], 1),
    ],
)
def test_a_contradiction_voids_the_run(records: list[dict[str, Any]], status: int) -> None:
    results = channel(["a"])
    send(results, *records)
    run = results.verdict(Ending(status), "")
    assert run.void
    assert run.passed == frozenset()


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"null", b"{", b"\xff", b'{"nonce": 1}', pytest.param(b"[" * 60_000, id="nested")],
)
def test_a_line_that_is_not_ours_voids_the_run(line: bytes) -> None:
    results = channel(["a"])
    results.receive(line)
    assert results.verdict(Ending(1), "").void


@pytest.mark.parametrize(
    "line",
    [
        '"kind": "finished", "decided": 0',
        '"kind": "started", "id": ["a"]',
        '"kind": "uncollectable", "id": "a", "message": 5',
        '"kind": "collected", "id": "a", "services": [], "infrastructure_state": ' + "[" * 100_000,
    ],
    ids=["no-status", "no-id", "no-message", "many-levels"],
)
def test_a_line_of_another_form_voids_the_run(line: str) -> None:
    results = channel(["a"])
    results.receive(f'{{"nonce": "{results.nonce}", {line}}}'.encode())
    assert results.verdict(Ending(1), "").void


def test_a_message_can_be_written_whatever_a_test_raised() -> None:
    results = channel(["a", "b"])
    message = "ValueError: \ud800"
    send(results, {"kind": "uncollectable", "id": "b", "message": message})
    send(results, collected("a"), decided("a", "failed") | {"message": message}, finished(1, 1))
    run = results.verdict(Ending(1), "")
    assert run.void == ""
    assert run.messages == {"a": r"ValueError: \ud800", "b": r"ValueError: \ud800"}


def test_a_process_that_died_keeps_what_was_decided_before() -> None:
    results = channel(["a", "b", "c"])
    send(results, collected("a"), collected("b"), collected("c"), decided("a"), {"kind": "started", "id": "b"})
    run = results.verdict(Ending(-11), "")
    assert run.outcomes == {"a": Outcome.PASSED, "b": Outcome.ERROR, "c": Outcome.MISSING}
    assert run.void == ""


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending(-9), "ended with signal 9"),
        (Ending(139), "ended with status 139"),
        (Ending(3), "ended with status 3"),
        (Ending(None), "who watched the process was killed"),
        (None, "was given up"),
    ],
)
def test_foreign_code_whose_process_ends_otherwise_than_pytest_does_is_not_believed(
    ending: Ending | None, reason: str
) -> None:
    # Given a process behind walls that reported what a good run reports
    results = Channel(Job(Path(), [], ["a"], parties=Parties(Host())), None)
    send(results, collected("a"), decided("a"), finished(1))
    # When it ends otherwise, Then the run is void
    run = results.verdict(ending, "")
    assert reason in run.void
    assert run.passed == frozenset()


def test_foreign_code_must_come_to_its_closing_line() -> None:
    results = Channel(Job(Path(), [], ["a"], parties=Parties(Host())), None)
    send(results, collected("a"), decided("a"))
    assert "closing line" in results.verdict(Ending(1), "").void


def test_a_process_that_never_began_says_why() -> None:
    log = "ImportError while loading conftest '/x/conftest.py'.\nconftest.py:9: in <module>\nE   ImportError: no X\n\n"
    assert channel(["a"]).verdict(Ending(4), log).messages == {"a": "didn't run: ImportError: no X"}
    assert channel(["a"]).verdict(Ending(1), "killed\n").messages == {"a": "didn't run: killed"}
    assert channel(["a"]).verdict(None, "anything").messages == {"a": "didn't run"}


def test_paths_are_told_as_they_are_in_the_tree() -> None:
    results = Channel(Job(Path("/tmp/oc-1a/tree"), [], ["a"]), None)
    message = "cannot import X (/tmp/oc-1a/tree/shared/http.py)"
    send(results, collected("a"), decided("a", "failed") | {"message": message}, finished(1, 1))
    assert results.verdict(Ending(1), "").messages == {"a": "cannot import X (shared/http.py)"}


def test_a_process_that_was_given_up_timed_out_in_the_test_that_ran() -> None:
    results = channel(["a", "b"])
    send(results, collected("a"), collected("b"), {"kind": "started", "id": "a"})
    assert results.verdict(None, "").outcomes == {"a": Outcome.TIMEOUT, "b": Outcome.MISSING}


def test_pytest_that_cannot_run_is_the_environment_s_fault() -> None:
    with pytest.raises(InfrastructureError, match="status 4"):
        channel(["a"], ("services",)).verdict(Ending(4), "usage")


def test_results_of_tests_that_were_not_asked_for_do_not_count() -> None:
    results = channel(["a"])
    send(results, collected("a"), collected("x"), decided("a"), decided("x"), finished(2))
    assert results.verdict(Ending(0), "").outcomes == {"a": Outcome.PASSED}


def test_code_that_takes_too_much_memory_is_charged_with_what_did_not_run() -> None:
    # Given a live run that was ended in a test because the code under test took too much
    results = channel(["a", "b", "c"], ("services",))
    send(results, collected("a"), collected("b"), collected("c"), decided("a"), {"kind": "started", "id": "b"})
    run = results.verdict(Ending(excess="6144 MiB of memory"), "")
    # Then that is no fault of the environment's: what had passed counts, and nothing else
    assert run.void == ""
    assert run.passed == {"a"}
    assert run.outcomes["b"] is Outcome.ERROR
    assert "6144 MiB of memory" in run.messages["b"]
    assert "6144 MiB of memory" in run.messages["c"]
    # And a run of unit tests, beside the code under test, is void
    foreign = Channel(Job(Path(), [], ["a"], parties=Parties(Host())), None)
    send(foreign, collected("a"), decided("a"))
    assert "6144 MiB of memory" in foreign.verdict(Ending(excess="6144 MiB of memory"), "").void


@pytest.mark.parametrize("barred", [(), ("services",)])
def test_what_outlives_a_run_voids_it(barred: tuple[str, ...]) -> None:
    results = channel(["a"], barred)
    send(results, collected("a"), decided("a"), finished(1))
    run = results.verdict(Ending(0, left=2), "")
    assert "2 processes could not be ended" in run.void
    assert run.passed == frozenset()


def test_nobody_is_told_of_tests_that_nobody_asked_for() -> None:
    # Given code under test that invents a test, whose id means something to a terminal
    told: list[str] = []
    results = Channel(Job(Path(), [], ["a"]), lambda test_id, outcome: told.append(test_id))
    send(results, collected("a"), collected("x/[/]"), decided("x/[/]"), decided("a"), finished(2))
    # Then it is no result, and no id that is shown
    run = results.verdict(Ending(0), "")
    assert "nobody asked for" in run.void
    assert told == ["a"]
    assert set(run.outcomes) == {"a"}

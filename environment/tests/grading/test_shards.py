"""Live tests are shared out to several processes; what comes of them does not depend on how many."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest

from environment.bugs.catalogue import Catalogue
from environment.grading import shards as module
from environment.grading.errors import InfrastructureError, Stopped
from environment.grading.process import SERVICE_USER
from environment.grading.results import Outcome
from environment.grading.runner import Options, run_suite
from environment.grading.shards import DURATIONS, shards
from environment.workspace.reference import Reference

A, B, C, D = (f"tests/chaos/x/test_{letter}.py" for letter in "abcd")
TESTS = dict.fromkeys([A, B, C, D], b"def test_one():\n    pass\n\n\nasync def test_two():\n    pass\n")
IDS = [f"{path}::test_{name}" for path in TESTS for name in ("one", "two")]


def known(**seconds: float) -> dict[str, bytes]:
    """The tree in which the first tests of some files are known to be long."""
    durations = {f"tests/chaos/x/test_{letter}.py::test_one": value for letter, value in seconds.items()}
    return {**TESTS, DURATIONS: json.dumps(durations).encode()}


def test_what_is_long_is_spread_and_the_rest_fills_up() -> None:
    files = known(a=60, b=50, c=30, d=20)
    assert shards(files, TESTS, IDS, 2) == [[A, D], [B, C]]
    assert shards(files, ["tests/chaos"], None, 2) == [[A, D], [B, C]]
    assert shards(files, TESTS, IDS, 1) == [[A, B, C, D]]


def test_only_what_is_wanted_counts() -> None:
    assert shards(known(a=60, b=50, c=30), [A, B, C], [f"{A}::test_two", f"{B}::test_one", f"{C}::test_one"], 2) == [
        [B],
        [A, C],
    ]


def test_little_work_gets_one_fleet_and_no_shard_is_empty() -> None:
    assert shards(TESTS, TESTS, IDS, 4) == [[A, B, C, D]]
    assert shards(known(a=300), [A], [f"{A}::test_one"], 4) == [[A]]
    assert shards(TESTS, [A], [f"{A}::test_one", "tests/chaos/x/test_gone.py::test_one"], 4) == [[A]]


@pytest.fixture
def everything_is_worth_a_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_SECONDS", 0.1)


@pytest.mark.usefixtures("everything_is_worth_a_fleet")
def test_verdicts_are_the_same_with_any_number_of_workers(
    reference: Reference, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a tree with a bug, and a test whose file is gone
    files = reference.with_bugs([catalogue["E9"]])
    expected = [*run_suite(files, None, Options(workers=1)).outcomes, "tests/chaos/compute/test_gone.py::test_one"]
    told: list[Counter[str]] = []

    def outcomes(workers: int) -> dict[str, Outcome]:
        told.append(Counter())
        run = run_suite(files, expected, Options(workers=workers), lambda test_id, _: told[-1].update([test_id]))
        assert not run.void
        return dict(run.outcomes)

    # When it runs with one, two and four, Then each gives the same, and tells of every test once
    first = outcomes(1)
    assert Counter(first.values()) == {Outcome.PASSED: 9, Outcome.FAILED: 2, Outcome.MISSING: 1}
    assert outcomes(2) == outcomes(4) == first
    monkeypatch.setenv(SERVICE_USER, "")
    assert outcomes(2) == first
    assert told == [Counter(expected[:-1])] * 4


@pytest.mark.usefixtures("everything_is_worth_a_fleet")
def test_what_is_told_is_told_by_one_thread_at_a_time(reference: Reference) -> None:
    inside = threading.Lock()

    def decided(test_id: str, outcome: Outcome) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0.02)
        inside.release()

    assert not run_suite(reference.files, None, Options(workers=4), decided).failed


@pytest.mark.usefixtures("everything_is_worth_a_fleet")
def test_each_copy_of_the_tree_is_shown_when_its_process_has_ended_the_twins_apart(reference: Reference) -> None:
    shown: list[bytes] = []
    expected = list(run_suite(reference.files, None, Options(workers=1)).outcomes)
    options = Options(workers=4, collect=lambda tree: shown.append((tree / "docker-compose.yml").read_bytes()))
    run_suite(reference.files, expected, options)
    assert shown == [reference.files["docker-compose.yml"]] * 3


@pytest.mark.usefixtures("everything_is_worth_a_fleet")
def test_a_shard_that_cannot_run_ends_the_others(reference: Reference) -> None:
    # Given one file with which pytest can't even begin, and one that takes long
    broken = {"tests/chaos/a/conftest.py": b"raise OSError\n", "tests/chaos/a/test_a.py": b"def test_a(): pass\n"}
    slow = {"tests/chaos/b/test_b.py": b"import time\n\n\ndef test_slow():\n    time.sleep(50)\n"}
    began = time.monotonic()
    with pytest.raises(InfrastructureError, match="status 4"):
        run_suite({"pyproject.toml": reference.files["pyproject.toml"], **broken, **slow}, None, Options(workers=2))
    assert time.monotonic() - began < 40


@pytest.mark.usefixtures("everything_is_worth_a_fleet")
def test_a_stop_reaches_every_shard(reference: Reference) -> None:
    stop = threading.Event()
    run = Options(workers=4, stop=stop)
    with pytest.raises(Stopped):
        run_suite(reference.files, None, run, lambda *_: stop.set())

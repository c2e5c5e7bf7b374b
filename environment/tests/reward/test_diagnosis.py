"""A diagnosis is compared with what is known of the bugs, exactly and without a model."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environment.bugs.catalogue import Catalogue
from environment.bugs.manifest import Manifest, Measurement, TestInfo
from environment.bugs.places import Place
from environment.grading.grade import Grader
from environment.reward.diagnosis import (
    COMPONENTS,
    PARTS,
    Diagnosis,
    Truth,
    component,
    diagnose,
    harmonic,
    path_part,
    truths,
)
from environment.reward.report import diagnosis_line
from environment.reward.score import to_document
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference

RATING = "services/billing/domain/rating.py"
A = Truth("A1", (Place("A1", RATING, range(10, 14)),), frozenset({"billing"}), frozenset({"gateway", "billing"}))
B = Truth(
    "B1",
    (Place("B1", "shared/x.py", range(5, 6)), Place("B1", "shared/x.py", range(50, 51))),
    frozenset({"platform"}),
    frozenset({"dns"}),
)
RIGHT_A = {"service": "billing", "file": RATING, "lines": [10, 13], "path": ["gateway", "billing"], "explanation": ""}
RIGHT_B = {"service": "platform", "file": "shared/x.py", "lines": [5, 5], "path": ["dns", "platform"]}


def judged(*entries: Any, known: tuple[Truth, ...] = (A, B)) -> Diagnosis:
    return diagnose(json.dumps(entries).encode(), known)


def test_all_of_it_right_is_1() -> None:
    found = judged(RIGHT_A, RIGHT_B)
    assert (found.score, found.precision, found.recall, found.trouble) == (1, 1, 1, "")
    assert found.parts == dict.fromkeys(PARTS, 1)


def test_half_of_the_bugs_is_a_recall_of_a_half() -> None:
    found = judged(RIGHT_A)
    assert (found.precision, found.recall, found.score) == (1, Fraction(1, 2), Fraction(2, 3))


def test_an_entry_without_a_bug_costs_precision() -> None:
    wrong = {"service": "auth", "file": "services/auth/app.py", "lines": [1, 1], "path": ["auth"]}
    found = judged(RIGHT_A, RIGHT_B, wrong, wrong)
    assert (found.precision, found.recall, found.score) == (Fraction(1, 2), 1, Fraction(2, 3))


def test_saying_the_same_again_is_an_entry_without_a_bug() -> None:
    found = judged(RIGHT_A, RIGHT_A, RIGHT_A, known=(A,))
    assert (found.precision, found.recall) == (Fraction(1, 3), 1)


def test_both_places_of_one_bug_may_be_named() -> None:
    found = judged(RIGHT_B, {**RIGHT_B, "lines": [50, 50]}, known=(B,))
    assert (found.precision, found.recall) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"service": "auth"}, ("0", "1", "1", "1")),
        ({"file": "services/billing/app.py"}, ("1", "0", "0", "1")),
        ({"file": f"./{RATING}", "service": " Billing "}, ("1", "1", "1", "1")),
        ({"lines": [12, 15]}, ("1", "1", "1/2", "1")),
        ({"lines": [1, 100]}, ("1", "1", "1/13", "1")),
        ({"lines": [14, 14]}, ("1", "1", "0", "1")),
        ({"path": ["auth", "dns"]}, ("1", "1", "1", "0")),
    ],
)
def test_each_part_is_a_quarter(changes: dict[str, Any], parts: tuple[str, ...]) -> None:
    found = judged({**RIGHT_A, **changes}, known=(A,))
    assert tuple(str(found.parts[name]) for name in PARTS) == parts
    assert found.recall == sum(map(Fraction, parts)) / 4 == found.precision


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (["billing"], "1"),
        (["gateway", "billing"], "1"),
        (["gateway", "kafka", "billing"], "1"),
        (["gateway", "auth", "billing"], "4/5"),
        (["gateway"], "2/3"),
        (["auth", "billing"], "1/2"),
        (["billing", "gateway"], "2/3"),
        (["kafka", "billing"], "1/2"),
        (["billing", "billing"], "2/3"),
        (["auth"], "0"),
    ],
)
def test_a_path_leads_from_a_symptom_to_a_cause(path: list[str], part: str) -> None:
    assert path_part(path, A) == Fraction(part)


def test_of_a_bug_that_is_not_measured_the_cause_is_the_whole_path() -> None:
    unmeasured = Truth("A1", A.places, A.causes, frozenset())
    assert [path_part(path, unmeasured) for path in (["auth", "billing"], ["billing", "auth"])] == [1, 0]


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (None, "is missing"),
        (b"{", "isn't JSON"),
        (b"\xff", "isn't JSON"),
        (b"[" * 100_000, "isn't JSON"),
        (b"{}", "isn't a list"),
        (b"[1]", "entry 1 isn't an object"),
        (json.dumps([RIGHT_A, {**RIGHT_A, "file": 3}]).encode(), "entry 2: service and file are texts"),
        (json.dumps([{**RIGHT_A, "lines": [2, 1]}]).encode(), "counted from 1"),
        (json.dumps([{**RIGHT_A, "lines": [True, 2]}]).encode(), "lines is [from, to]"),
        (json.dumps([{**RIGHT_A, "lines": [0, 2]}]).encode(), "counted from 1"),
        (json.dumps([{**RIGHT_A, "lines": [1, 10**9]}]).encode(), "counted from 1"),
        (json.dumps([{**RIGHT_A, "path": []}]).encode(), "path is a list of names"),
        (json.dumps([RIGHT_A] * 501).encode(), "more than 500"),
    ],
)
def test_what_cannot_be_read_is_said_so_and_is_0(content: bytes | None, trouble: str) -> None:
    found = diagnose(content, (A, B))
    assert trouble in found.trouble
    assert (found.score, found.precision, found.recall) == (0, 0, 0)


def test_a_healthy_platform_has_an_empty_diagnosis() -> None:
    assert diagnose(b"[]", ()).score == 1
    assert judged(RIGHT_A, known=()).score == 0
    assert diagnose(b"[]", (A,)).score == 0


ENTRIES = st.fixed_dictionaries(
    {
        "service": st.sampled_from(sorted(COMPONENTS)),
        "file": st.sampled_from([RATING, "shared/x.py", "z"]),
        "lines": st.tuples(st.integers(1, 60), st.integers(0, 60)).map(lambda pair: [pair[0], sum(pair)]),
        "path": st.lists(st.sampled_from([*sorted(COMPONENTS), "kafka"]), min_size=1, max_size=4),
    }
)


@settings(deadline=None)  # However busy the machine is.
@given(st.lists(ENTRIES, max_size=6))
def test_every_figure_is_between_0_and_1_and_only_what_is_right_is_1(entries: list[dict[str, Any]]) -> None:
    found = judged(*entries)
    for figure in (found.score, found.precision, found.recall, *found.parts.values()):
        assert 0 <= figure <= 1
    assert found.score == harmonic(found.precision, found.recall)
    assert judged(*entries) == found
    if found.score == 1:
        assert len(entries) >= 2


def test_what_is_true_comes_from_patch_header_and_triggers(reference: Reference, catalogue: Catalogue) -> None:
    # Given a bug of compute's capacity that two tests were measured to catch, one of them of two services
    tests = {"one": TestInfo("unit", ("compute",)), "two": TestInfo("chaos", ("compute", "billing"))}
    manifest = Manifest("x", tests, {"E1": Measurement(catalogue["E1"].digest, "x", ("one", "two"))})
    known = {truth.bug: truth for truth in truths(reference.files, catalogue.values(), manifest)}
    # Then its symptoms are theirs, its cause is the service that it edits
    assert known["E1"].symptoms == {"compute", "billing"}
    assert known["E1"].causes == {"compute"}
    assert known["E1"].places == (Place("E1", "services/compute/capacity.py", range(5, 6)),)
    # And one that edits what is shared is the platform's; nobody has measured it
    assert (known["L1"].causes, known["L1"].symptoms) == ({"platform"}, set())


def test_what_a_file_belongs_to() -> None:
    files = ("services/dns/domain/x.py", "services/__init__.py", "shared/x.py", "docker-compose.yml")
    assert [component(path) for path in files] == ["dns", "platform", "platform", "platform"]


def test_a_grading_tells_how_good_the_diagnosis_is_and_pays_nothing_for_it(grader: Grader, tmp_path: Path) -> None:
    # Given an untouched workspace with a bug
    workspace = tmp_path / "w"
    make_workspace(grader.reference, [grader.catalogue["E1"]], workspace)
    assert "diagnosis.json" in (workspace / "README.md").read_text()
    without = grader.grade(workspace)
    assert without.diagnosis == Diagnosis(trouble="diagnosis.json is missing")
    # When the right diagnosis is written
    entry = {"service": "compute", "file": "services/compute/capacity.py", "lines": [5, 5], "path": ["compute"]}
    (workspace / "diagnosis.json").write_text(json.dumps([entry]))
    result = grader.grade(workspace)
    # Then it is 1, and the reward is what it was
    document = to_document(result)
    assert document["diagnosis"] == {
        "score": 1.0,
        "score_exact": "1",
        "precision_exact": "1",
        "recall_exact": "1",
        "entries": 1,
        "parts": dict.fromkeys(PARTS, "1"),
        "trouble": "",
    }
    assert (result.total, result.reward) == (without.total, without.reward)
    assert result.diagnosis is not None
    assert diagnosis_line(result.diagnosis).startswith("Diagnosis 1.000 of 1, 1 entry: service 100.00%")


def test_a_link_instead_of_a_diagnosis_is_not_followed(grader: Grader, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    make_workspace(grader.reference, [grader.catalogue["E1"]], workspace)
    (workspace / "diagnosis.json").symlink_to("/etc/passwd")
    found = grader.grade(workspace).diagnosis
    assert found is not None
    assert "links aren't accepted" in found.trouble

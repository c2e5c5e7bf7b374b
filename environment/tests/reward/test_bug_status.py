"""Which bugs are fixed, told from measured triggers."""

from __future__ import annotations

from environment.bugs.catalogue import Catalogue
from environment.bugs.manifest import Manifest, Measurement
from environment.reward.bug_status import BugStatus, judge_bugs


def judge(catalogue: Catalogue, failed: set[str], injected: tuple[str, ...] = ("L1", "E1", "E9", "H2")) -> list[str]:
    triggers = {"L1": "abcdef", "E1": "ab", "E9": "bc", "H2": "ef"}
    bugs = {bug_id: Measurement("", "", tuple(ids)) for bug_id, ids in triggers.items()}
    return [str(report.status) for report in judge_bugs(catalogue, injected, Manifest("", {}, bugs), failed)]


def test_what_hides_everything_is_the_one_that_is_not_fixed(catalogue: Catalogue) -> None:
    assert judge(catalogue, set("abcdef")) == ["not fixed", "masked", "masked", "masked"]


def test_all_pass(catalogue: Catalogue) -> None:
    assert judge(catalogue, set()) == ["fixed"] * 4


def test_a_shared_trigger_that_another_bug_fails_does_not_speak_against_a_repair(catalogue: Catalogue) -> None:
    assert judge(catalogue, set("bc")) == ["fixed", "fixed", "not fixed", "fixed"]


def test_half_a_repair_is_none(catalogue: Catalogue) -> None:
    assert judge(catalogue, {"e"}) == ["not fixed", "fixed", "fixed", "not fixed"]


def test_an_unmeasured_bug_is_said_to_be_so(catalogue: Catalogue) -> None:
    (report,) = judge_bugs(catalogue, ["E1"], Manifest(""), ["a"])
    assert (report.status, str(report.status)) == (BugStatus.UNMEASURED, "not measured")


def test_where_a_bug_is_not_measured_its_failures_are_nobodys(catalogue: Catalogue) -> None:
    # Given L1 repaired and a bug of which nobody knows what it fails
    bugs = {"L1": Measurement("", "", tuple("abcdef")), "E1": Measurement("", "", ("a", "b"))}
    told = judge_bugs(catalogue, ["L1", "E1", "H2"], Manifest("", {}, bugs), ["f"])
    # Then what still fails may be that bug's work, and the repair isn't called half done
    assert [str(report.status) for report in told] == ["not measured", "fixed", "not measured"]

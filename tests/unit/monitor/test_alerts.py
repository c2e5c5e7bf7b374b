"""The life of an alert."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from services.monitor.domain.alerts import INACTIVE, Alert, AlertState, Operator, Timing, holds, step

T0 = datetime(2026, 3, 1, tzinfo=UTC)
CONDITIONS = {"+": True, "-": False, "?": None}
LETTER = {AlertState.INACTIVE: ".", AlertState.PENDING: "p", AlertState.FIRING: "F", AlertState.RESOLVED: "r"}


def life(conditions: str, *, hold: int = 0, keep: int = 0) -> str:
    """States after evaluations once a minute; `hold` and `keep` in minutes."""
    timing = Timing(timedelta(minutes=hold), timedelta(minutes=keep))
    alert, states = INACTIVE, ""
    for minute, condition in enumerate(conditions):
        alert = step(alert, CONDITIONS[condition], T0 + timedelta(minutes=minute), timing)
        states += LETTER[alert.state]
    return states


@pytest.mark.parametrize(
    ("conditions", "hold", "states"),
    [
        ("-+-", 0, ".Fr"),
        ("++++", 3, "pppF"),
        ("++-++++", 3, "pp.pppF"),
        ("+-+-+-+-", 1, "p.p.p.p."),
        ("++--", 1, "pFrr"),
        ("++-++", 1, "pFrpF"),
    ],
)
def test_an_alert_fires_once_its_condition_has_held_without_interruption(
    conditions: str, hold: int, states: str
) -> None:
    assert life(conditions, hold=hold) == states


def test_an_alert_that_began_later_than_now_begins_now() -> None:
    # The clock was an hour ahead, and is set back
    timing, later = Timing(timedelta(minutes=1), timedelta(minutes=2)), T0 + timedelta(hours=1)
    alert = step(INACTIVE, True, later, timing)
    alert = step(alert, True, T0, timing)
    assert (alert.state, alert.active_at) == (AlertState.PENDING, T0)
    alert = step(alert, True, T0 + timedelta(minutes=1), timing)
    assert alert.state is AlertState.FIRING
    alert = step(alert, False, later, timing)
    alert = step(alert, False, T0 + timedelta(minutes=2), timing)
    assert alert.state is AlertState.FIRING
    assert step(alert, False, T0 + timedelta(minutes=4), timing).state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("conditions", "keep", "states"),
    [("+---", 2, "FFFr"), ("+-+---", 2, "FFFFFr"), ("+-", 0, "Fr"), ("+--", 1, "FFr"), ("+-----", 3, "FFFFrr")],
)
def test_a_firing_alert_goes_on_for_a_while_from_when_its_condition_was_first_found_cleared(
    conditions: str, keep: int, states: str
) -> None:
    assert life(conditions, keep=keep) == states


@pytest.mark.parametrize(
    ("conditions", "hold", "keep", "states"),
    [
        ("+????", 0, 0, "Frrrr"),
        ("??", 0, 0, ".."),
        ("+?-", 0, 0, "Frr"),
        ("+???", 1, 0, "p..."),
        ("+??+", 3, 0, "p..p"),
        ("+????", 0, 2, "FFFrr"),
        ("+?+???", 0, 2, "FFFFFr"),
    ],
)
def test_missing_data_is_a_condition_that_is_not_seen_to_hold(
    conditions: str, hold: int, keep: int, states: str
) -> None:
    """Prometheus: what has gone stale is no element of the vector, and its alert's end (`AlertingRule.Eval`)."""
    assert life(conditions, hold=hold, keep=keep) == states


def test_time_without_data_was_not_seen_to_hold() -> None:
    """Prometheus: the element leaves the vector, so that `for` begins anew (prometheus/prometheus#422)."""
    assert life("++" + "?" * 60 + "++++++", hold=5) == "pp" + "." * 60 + "pppppF"


def watched(hold: int, minutes: Iterable[int]) -> list[tuple[str, int | None]]:
    """State and minute of beginning after evaluations at these minutes, the condition being found to hold each time."""
    alert, found = INACTIVE, []
    for minute in minutes:
        alert = step(alert, True, T0 + timedelta(minutes=minute), Timing(timedelta(minutes=hold)))
        begun = None if alert.active_at is None else (alert.active_at - T0) // timedelta(minutes=1)
        found.append((LETTER[alert.state], begun))
    return found


def test_evaluations_may_be_as_far_apart_as_samples() -> None:
    assert watched(10, [0, 5, 10]) == [("p", 0), ("p", 0), ("F", 0)]


@pytest.mark.parametrize(
    ("hold", "gap", "begun", "fires"),
    [
        (9, 6, 10, 19),  # So short a `for` begins anew
        (30, 6, 6, 36),  # Four minutes seen, six unseen: fires six later
        (30, 60, 60, 90),
        (30, 61, 65, 95),  # Nothing that was seen so long ago counts
        (30, 60 * 24 * 7, 60 * 24 * 7 + 4, 60 * 24 * 7 + 34),
        (12, 20, 22, 34),  # Eight minutes are left, but it's watched for ten
    ],
)
def test_time_that_nothing_was_evaluated_in_was_not_seen_to_hold(hold: int, gap: int, begun: int, fires: int) -> None:
    """Prometheus' `Group.RestoreForState`, with its hour of tolerance and its ten minutes of grace."""
    again = 4 + gap
    found = dict(zip([0, 4, *range(again, fires + 1)], watched(hold, [0, 4, *range(again, fires + 1)]), strict=True))
    assert found[again] == ("p", begun)
    assert (found[fires - 1][0], found[fires]) == ("p", ("F", begun))


@pytest.mark.parametrize("missing", ["-???-?", "?-??-?", "??????"])
def test_missing_data_counts_for_the_time_that_an_alert_is_kept_firing(missing: str) -> None:
    assert life("+" + missing, keep=5) == "FFFFFFr"


def test_times_of_an_alert() -> None:
    timing = Timing(timedelta(minutes=1))
    first = step(INACTIVE, True, T0, timing)
    assert first == Alert(AlertState.PENDING, T0, held_at=T0)
    fired_at = T0 + timedelta(minutes=1)
    fired = step(first, True, fired_at, timing)
    assert fired == Alert(AlertState.FIRING, T0, fired_at)
    over_at = T0 + timedelta(minutes=5)
    assert step(fired, False, over_at, timing) == Alert(AlertState.RESOLVED, T0, fired_at, over_at)
    kept = step(fired, False, over_at, Timing(timedelta(minutes=1), timedelta(minutes=1)))
    assert kept == Alert(AlertState.FIRING, T0, fired_at, keep_firing_since=over_at)
    assert step(kept, True, over_at + timedelta(seconds=30), timing) == fired


def test_the_timer_begins_anew_after_the_condition_cleared() -> None:
    timing = Timing(timedelta(minutes=5))
    pending = step(INACTIVE, True, T0, timing)
    cleared = step(pending, False, T0 + timedelta(minutes=4), timing)
    assert cleared == INACTIVE
    again = step(cleared, True, T0 + timedelta(minutes=5), timing)
    assert (again.state, again.active_at) == (AlertState.PENDING, T0 + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("value", "comparison", "expected"),
    [
        (5, Operator.GREATER, False),
        (6, Operator.GREATER, True),
        (5, Operator.GREATER_OR_EQUAL, True),
        (4, Operator.LESS, True),
        (5, Operator.LESS, False),
        (5, Operator.LESS_OR_EQUAL, True),
        (5, Operator.EQUAL, True),
        (5, Operator.NOT_EQUAL, False),
        (None, Operator.GREATER, None),
        (None, Operator.NOT_EQUAL, None),
    ],
)
def test_conditions(value: float | None, comparison: Operator, expected: bool | None) -> None:
    assert holds(value, comparison, 5) is expected

"""`for` counts time without interruption: an alert fires when its condition was found to hold all that time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.monitor.domain.alerts import INACTIVE, Alert, AlertState, Timing, step

T0 = datetime(2025, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lives(conditions: list[bool | None], hold: int) -> list[Alert]:
    """The alert after each of the evaluations, one a minute."""
    alert, found = INACTIVE, []
    for minute, condition in enumerate(conditions):
        alert = step(alert, condition, T0 + minute * MINUTE, Timing(hold * MINUTE))
        found.append(alert)
    return found


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([True, True, True, False, None]), max_size=14), st.integers(1, 4))
def test_an_alert_is_what_its_condition_has_been_without_interruption(conditions: list[bool | None], hold: int) -> None:
    held, fired = 0, False
    for minute, (condition, alert) in enumerate(zip(conditions, lives(conditions, hold), strict=True)):
        held = held + 1 if condition else 0
        if held > hold:
            fired = True
            assert alert.state is AlertState.FIRING
            assert alert.active_at == T0 + (minute - held + 1) * MINUTE
        elif held:
            assert (alert.state, alert.active_at) == (AlertState.PENDING, T0 + (minute - held + 1) * MINUTE)
        else:
            assert alert.state in ((AlertState.RESOLVED, AlertState.INACTIVE) if fired else (AlertState.INACTIVE,))


def test_nothing_is_left_of_an_alert_that_cleared_before_it_fired() -> None:
    for cleared in (False, None):
        assert lives([True, True, cleared], 5)[-1] == INACTIVE

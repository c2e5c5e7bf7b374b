"""When a full window has room again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.limits import Window, seconds_until_room


def fits(limit: int, period: float, window: Window, after: float) -> bool:
    """Whether one more request is let through that many seconds later, as the limiter's script counts."""
    earlier, ends_in, present = window.earlier, window.earlier_ends_in - after, window.present
    if after > window.present_ends_in:
        earlier, ends_in, present = window.present, period - (after - window.present_ends_in), 0
    return int(earlier * max(0.0, ends_in) / period) + present + 1 <= limit


def test_a_window_with_room_waits_for_nothing() -> None:
    assert seconds_until_room(60, 10, Window(earlier=0, earlier_ends_in=0, present=59, present_ends_in=4)) == 0


def test_a_burst_waits_until_its_own_period_ends() -> None:
    assert seconds_until_room(60, 10, Window(earlier=0, earlier_ends_in=0, present=60, present_ends_in=9.5)) == 9.5


def test_requests_of_the_period_before_fade_away_evenly() -> None:
    # Given 60 requests of the period before, of which 6 s' worth (36) still count, and 30 of the present one
    window = Window(earlier=60, earlier_ends_in=6, present=30, present_ends_in=6)
    # Then there is room once fewer than 30 count: a second later
    assert seconds_until_room(60, 10, window) == pytest.approx(1.0)


def test_a_window_that_is_overfull_goes_on_waiting_in_the_next_period() -> None:
    # 80 of 60: at the period's end a quarter of them still has to fade away
    assert seconds_until_room(60, 10, Window(0, 0, present=80, present_ends_in=2)) == pytest.approx(4.5)


@given(
    limit=st.integers(1, 500),
    earlier=st.integers(0, 500),
    present=st.integers(0, 500),
    elapsed=st.floats(0.0, 9.99),
)
def test_there_is_room_after_the_wait_and_none_before(limit: int, earlier: int, present: int, elapsed: float) -> None:
    left = 10.0 - elapsed
    window = Window(min(earlier, limit), left, min(present, limit), left)
    wait = seconds_until_room(limit, 10.0, window)
    assert 0.0 <= wait <= left
    assert fits(limit, 10.0, window, wait + 0.001)
    assert wait == 0.0 or not fits(limit, 10.0, window, wait * 0.999)

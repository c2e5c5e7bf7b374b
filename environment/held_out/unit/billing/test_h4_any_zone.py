"""The period of an instant is that of the instant, however it is written."""

from datetime import timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.periods import last_finished, month_border, monthly_period

zones = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(derandomize=True, deadline=None)
@given(
    year=st.integers(2001, 2100),
    month=st.integers(1, 12),
    anchor=st.integers(1, 31),
    away=st.integers(-840, 840),
    zone=zones,
)
def test_around_a_border_every_zone_is_on_the_same_side(
    year: int, month: int, anchor: int, away: int, zone: timezone
) -> None:
    border = month_border(year, month, anchor)
    moment = border + timedelta(minutes=away)
    there = moment.astimezone(zone)
    assert there in monthly_period(there, anchor)
    assert monthly_period(there, anchor) == monthly_period(moment, anchor)
    assert last_finished(there, anchor) == last_finished(moment, anchor)

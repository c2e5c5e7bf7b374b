"""A month is as long as it is."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.periods import months_of
from services.billing.domain.proration import months_used

FAR = datetime(2200, 1, 1, tzinfo=UTC)
starts = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(derandomize=True, deadline=None)
@given(start=starts, anchor=st.integers(1, 31), count=st.integers(1, 14))
def test_so_many_whole_periods_are_so_many_months(start: datetime, anchor: int, count: int) -> None:
    months = list(islice(months_of(start, FAR, anchor), count))
    assert months_used(months[0].start, months[-1].end, anchor) == count


@settings(derandomize=True, deadline=None)
@given(start=starts, anchor=st.integers(1, 31), seconds=st.integers(1, 28 * 86400))
def test_a_part_of_a_period_is_measured_by_the_days_of_that_period(start: datetime, anchor: int, seconds: int) -> None:
    month = next(months_of(start, FAR, anchor))
    length = int((month.end - month.start).total_seconds())
    used = months_used(month.end - timedelta(seconds=seconds), month.end, anchor)
    assert used == Fraction(seconds, length)

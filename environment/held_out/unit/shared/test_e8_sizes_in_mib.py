"""A MiB is 2**20 bytes, whatever unit a size is written in."""

from fractions import Fraction
from math import ceil

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.utils.units import parse_mib

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@FEW
@given(st.integers(1, 10**6), st.sampled_from(sorted(BYTES)))
def test_a_size_takes_the_fewest_mib_that_hold_it(number: int, unit: str) -> None:
    assert parse_mib(f"{number}{unit}") == ceil(Fraction(number * BYTES[unit], 2**20))


@FEW
@given(st.integers(1, 10**6))
def test_whole_mib_stay_what_they_are(number: int) -> None:
    assert parse_mib(f"{number}MiB") == number
    assert parse_mib(f"{number} GiB") == 1024 * number

"""How percentages of any number of replicas are rounded."""

from fractions import Fraction
from math import ceil, floor

from hypothesis import given, settings
from hypothesis import strategies as st

from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.rolling import rolling_targets
from services.deploy.domain.shares import rolling_bounds


@settings(derandomize=True, max_examples=300)
@given(replicas=st.integers(1, 500), surge=st.integers(0, 200), unavailable=st.integers(0, 100))
def test_capacity_is_never_given_away_by_rounding(replicas: int, surge: int, unavailable: int) -> None:
    bounds = rolling_bounds(replicas, f"{surge}%", f"{unavailable}%")
    above, below = Fraction(replicas * surge, 100), Fraction(replicas * unavailable, 100)
    assert bounds.surge == ceil(above)
    assert bounds.unavailable == (floor(below) or (1 if bounds.surge == 0 else 0))


@settings(derandomize=True, max_examples=200)
@given(replicas=st.integers(1, 200), share=st.integers(1, 99))
def test_a_release_that_never_starts_takes_no_more_than_its_share(replicas: int, share: int) -> None:
    bounds = rolling_bounds(replicas, f"{share}%", f"{share}%")
    seen = Observation(replicas, replicas, 0, 0)
    for _ in range(replicas + 3):
        targets = rolling_targets(replicas, bounds, seen)
        seen = Observation(targets.old, targets.old, targets.new, 0)
    assert seen.replicas == Replicas(
        old=replicas - replicas * share // 100,
        new=min(replicas, ceil(Fraction(replicas * share, 100)) + replicas * share // 100),
    )

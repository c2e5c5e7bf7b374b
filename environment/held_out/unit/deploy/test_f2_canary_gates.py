"""A canary's step is promoted when both of its gates are open, and aborted on proof alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.deploy.domain.canary import CanaryRules, CanarySamples, Verdict, judge

NOW = datetime(2027, 3, 14, 9, 26, tzinfo=UTC)


@settings(derandomize=True, max_examples=300)
@given(
    minimum=st.integers(0, 40),
    bake=st.integers(0, 40),
    requests=st.integers(0, 80),
    errors=st.integers(0, 80),
    tolerated=st.integers(0, 100),
    ready_for=st.none() | st.integers(0, 80),
)
def test_a_step_is_promoted_after_its_samples_and_its_bake_time(
    minimum: int, bake: int, requests: int, errors: int, tolerated: int, ready_for: int | None
) -> None:
    errors = min(errors, requests)
    rules = CanaryRules((20, 60), minimum, timedelta(seconds=bake), tolerated)
    ready_at = None if ready_for is None else NOW - timedelta(seconds=ready_for)
    enough, baked = requests >= minimum, ready_for is not None and ready_for >= bake
    if enough and errors * 100 > tolerated * requests:
        expected = Verdict.ABORT
    else:
        expected = Verdict.PROMOTE if enough and baked else Verdict.WAIT
    assert judge(rules, CanarySamples(requests, errors), ready_at, NOW) is expected

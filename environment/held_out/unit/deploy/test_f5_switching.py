"""When the new colour gets the traffic."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.deploy.domain.canary import CanarySamples
from services.deploy.domain.progress import Observation
from services.deploy.domain.strategies import BlueGreen, advance, first_stage

NOW = datetime(2027, 3, 14, 9, 26, tzinfo=UTC)


@settings(derandomize=True, max_examples=200)
@given(wanted=st.integers(1, 50), old=st.integers(0, 50), new=st.integers(0, 50), ready=st.integers(0, 50))
def test_the_new_colour_gets_all_traffic_at_once_when_each_of_its_replicas_is_ready(
    wanted: int, old: int, new: int, ready: int
) -> None:
    new = min(new, wanted)
    ready = min(ready, new)
    stage = advance(
        BlueGreen(timedelta(minutes=1)),
        wanted,
        first_stage(old, NOW),
        Observation(old, old, new, ready),
        CanarySamples(0, 0),
        NOW,
    )
    switched = ready == wanted
    assert (stage.traffic, stage.switched_at) == ((100, NOW) if switched else (0, None))
    assert (stage.targets.old, stage.targets.new) == (old, wanted)

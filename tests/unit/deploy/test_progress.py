"""What of a rollout can be seen."""

from services.deploy.domain.progress import Observation, traffic_percent


def test_traffic_is_spread_over_ready_replicas_only() -> None:
    assert traffic_percent(Observation(old=8, old_ready=8, new=3, new_ready=0)) == 0
    assert traffic_percent(Observation(old=6, old_ready=6, new=3, new_ready=3)) == 33
    assert traffic_percent(Observation(old=0, old_ready=0, new=0, new_ready=0)) == 0

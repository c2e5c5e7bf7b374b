"""The simulated runtime."""

from datetime import UTC, datetime, timedelta

from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.runtime import Release, observe

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
BEFORE = Observation(old=3, old_ready=3, new=1, new_ready=1)


def test_replicas_exist_at_once_and_are_ready_after_their_startup() -> None:
    release = Release("web:2", startup=timedelta(seconds=5))
    young = observe(release, Replicas(3, 2), BEFORE, NOW, NOW + timedelta(seconds=4))
    grown = observe(release, Replicas(3, 2), BEFORE, NOW, NOW + timedelta(seconds=5))
    assert young == Observation(old=3, old_ready=3, new=2, new_ready=1)
    assert grown == Observation(old=3, old_ready=3, new=2, new_ready=2)


def test_a_release_that_does_not_start_is_never_ready() -> None:
    seen = observe(Release("web:3", starts=False), Replicas(3, 2), BEFORE, NOW, NOW + timedelta(days=1))
    assert (seen.new, seen.new_ready) == (2, 1)


def test_replicas_that_are_taken_down_are_not_ready_any_more() -> None:
    seen = observe(Release("web:3", starts=False), Replicas(3, 0), BEFORE, NOW, NOW)
    assert (seen.new, seen.new_ready) == (0, 0)

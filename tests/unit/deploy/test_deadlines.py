"""The progress deadline."""

from datetime import UTC, datetime, timedelta

from services.deploy.domain.deadlines import not_after, past_deadline
from services.deploy.domain.progress import Observation, Replicas, settled

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def test_the_deadline_counts_from_the_last_progress_and_is_passed_only_after_it() -> None:
    deadline = timedelta(minutes=10)
    assert not past_deadline(NOW, deadline, NOW + deadline, waiting=False)
    assert past_deadline(NOW, deadline, NOW + deadline + timedelta(microseconds=1), waiting=False)


def test_a_time_that_lies_in_the_future_is_counted_from_now() -> None:
    assert not_after(NOW + timedelta(minutes=30), NOW) == NOW
    assert not_after(NOW - timedelta(minutes=30), NOW) == NOW - timedelta(minutes=30)


def test_a_rollout_that_waits_with_all_replicas_ready_does_not_stand_still() -> None:
    targets = Replicas(old=8, new=2)
    assert settled(targets, Observation(old=8, old_ready=8, new=2, new_ready=2))
    assert not settled(targets, Observation(old=8, old_ready=8, new=2, new_ready=1))
    assert not past_deadline(NOW, timedelta(minutes=1), NOW + timedelta(days=1), waiting=True)

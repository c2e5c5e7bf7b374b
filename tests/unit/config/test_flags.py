"""A rollout is sticky, even, and the same in every process."""

import pytest

from services.config.domain.flags import Flag, InvalidPercentage, bucket, checked_percentage, is_on

SUBJECTS = [f"tenant-{number}" for number in range(2000)]


@pytest.mark.parametrize(
    ("flag", "subject", "place"),
    [("new-ui", "tenant-1", 2534), ("new-ui", "tenant-2", 5420), ("other", "tenant-1", 8649)],
)
def test_a_place_is_the_same_everywhere_and_for_ever(flag: str, subject: str, place: int) -> None:
    assert bucket(flag, subject) == place


def test_who_is_in_stays_in_while_the_percentage_grows() -> None:
    inside: set[str] = set()
    for percentage in (0, 1, 10, 50, 99, 100):
        now = {subject for subject in SUBJECTS if is_on(Flag("new-ui", True, percentage), subject)}
        assert inside <= now
        inside = now
    assert len(inside) == 2000


def test_a_tenth_is_about_a_tenth() -> None:
    on = sum(is_on(Flag("new-ui", True, 10), subject) for subject in SUBJECTS)
    assert 150 <= on <= 250


def test_the_border_is_exact() -> None:
    place = bucket("new-ui", "tenant-1")
    percentage = place // 100
    assert is_on(Flag("new-ui", True, percentage), "tenant-1") is False
    assert is_on(Flag("new-ui", True, percentage + 1), "tenant-1") is True


def test_a_flag_that_is_off_is_off_for_all() -> None:
    assert is_on(Flag("new-ui", False, 100), "tenant-1") is False


@pytest.mark.parametrize("percentage", [-1, 101])
def test_a_percentage_is_between_0_and_100(percentage: int) -> None:
    with pytest.raises(InvalidPercentage):
        checked_percentage(percentage)

"""Check-and-set, and rotation with an overlap."""

from datetime import UTC, datetime, timedelta

import pytest

from services.secrets.domain.versions import (
    CasMismatch,
    InvalidOverlap,
    SecretTooLarge,
    TooManyValidVersions,
    check_cas,
    check_size,
    check_tag,
    is_retired,
    make_room,
    overlap_end,
    retire,
    valid_versions,
)
from shared.errors import VersionConflict
from shared.kernel.preconditions import EntityTags

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("current", "cas", "following"), [(0, None, 1), (0, 0, 1), (4, 4, 5), (4, None, 5)])
def test_a_write_on_top_of_the_present_version_makes_the_next(current: int, cas: int | None, following: int) -> None:
    assert check_cas(current, cas) == following


@pytest.mark.parametrize(("current", "cas"), [(4, 3), (4, 5), (4, 0), (0, 1)])
def test_a_write_on_top_of_another_version_is_refused_with_the_present_one(current: int, cas: int | None) -> None:
    with pytest.raises(CasMismatch) as refused:
        check_cas(current, cas)
    assert refused.value.extra == {"current_version": current}


def test_the_overlap_ends_that_much_later() -> None:
    assert overlap_end(NOON, 3600) == datetime(2024, 5, 1, 13, tzinfo=UTC)
    assert overlap_end(NOON, 0) == NOON


@pytest.mark.parametrize("seconds", [-1, 30 * 86400 + 1, -(2**53), 10**30])
def test_an_overlap_is_at_most_thirty_days(seconds: int) -> None:
    with pytest.raises(InvalidOverlap):
        overlap_end(NOON, seconds)


def test_the_version_before_is_good_until_the_overlap_ends() -> None:
    retirements = retire({}, 1, overlap_end(NOON, 60))
    assert is_retired(retirements, 1, NOON + timedelta(seconds=59)) is False
    assert is_retired(retirements, 1, NOON + timedelta(seconds=60)) is True
    assert is_retired(retirements, 2, NOON + timedelta(days=9)) is False


def test_both_versions_are_valid_within_the_overlap_and_only_the_current_one_after() -> None:
    retirements = retire({}, 1, NOON)
    assert valid_versions(retirements, 2, [1, 2], NOON - timedelta(microseconds=1)) == [2, 1]
    assert valid_versions(retirements, 2, [1, 2], NOON) == [2]


@pytest.mark.parametrize(("readable", "valid"), [([2], [2]), ([1], [1]), ([], [])])
def test_what_was_deleted_or_destroyed_is_no_valid_version(readable: list[int], valid: list[int]) -> None:
    retirements = retire({}, 1, NOON)
    assert valid_versions(retirements, 2, readable, NOON - timedelta(microseconds=1)) == valid


def test_a_stale_entity_tag_is_refused() -> None:
    check_tag(3, EntityTags.of(3))
    check_tag(3, EntityTags.of(1, 3))
    check_tag(3, EntityTags(anything=True))
    check_tag(3, None)
    check_tag(0, None)
    for present, expected in (
        (3, EntityTags.of(2)),
        (0, EntityTags.of(1)),
        (0, EntityTags.of(0)),
        (0, EntityTags(anything=True)),
    ):
        with pytest.raises(VersionConflict):
            check_tag(present, expected)


def test_a_second_rotation_never_prolongs_an_earlier_end() -> None:
    once = retire({}, 1, NOON)
    assert retire(once, 1, NOON + timedelta(hours=1)) == once
    assert retire(once, 1, NOON - timedelta(hours=1)) == {"1": "2024-05-01T11:00:00+00:00"}


def test_a_secret_holds_64_kib() -> None:
    check_size(b"x" * 65536)
    with pytest.raises(SecretTooLarge) as refused:
        check_size(b"s3cr3t" * 20000)
    assert refused.value.detail == "a secret holds at most 65536 bytes, this has 120000"


def test_a_version_that_would_go_makes_room_once_its_overlap_is_over() -> None:
    retirements = {"1": (NOON + timedelta(seconds=60)).isoformat(), "4": (NOON + timedelta(days=1)).isoformat()}
    there = [1, 2, 3, 4]
    assert make_room(retirements, there, 5, 5, NOON) == retirements
    with pytest.raises(TooManyValidVersions) as refused:
        make_room(retirements, there, 6, 5, NOON + timedelta(seconds=59))
    assert refused.value.extra == {"limit": 5}
    assert list(make_room(retirements, there, 6, 5, NOON + timedelta(seconds=60))) == ["4"]


def test_a_destroyed_version_makes_room_at_once() -> None:
    assert make_room({"1": (NOON + timedelta(days=1)).isoformat()}, [2, 3], 6, 5, NOON) == {}

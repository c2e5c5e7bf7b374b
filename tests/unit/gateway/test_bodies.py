"""Where large bodies may go, and how long bodies may take."""

import pytest

from services.gateway.domain.bodies import first_seconds, receiving_seconds, takes_large_bodies
from services.gateway.domain.routing import Route


@pytest.mark.parametrize(
    ("service", "path", "key", "large"),
    [
        ("deploy", "/v1/states/prod", None, True),
        ("deploy", "/v1/states/prod", "key", False),
        ("deploy", "/v1/environments", None, False),
        ("storage", "/v1/states/prod", None, False),
        ("storage", "/v1/buckets/b/objects/k", None, True),
        ("storage", "/v1/buckets/b/uploads/u/parts/1", None, True),
        ("storage", "/v1/signed/b/k", None, True),
        ("storage", "/v1/buckets/b/objects/k", "key", False),
        ("storage", "/v1/volumes", None, False),
        ("compute", "/v1/buckets/b", None, False),
    ],
)
def test_only_states_and_objects_may_be_larger_than_memory(
    service: str, path: str, key: str | None, large: bool
) -> None:
    assert takes_large_bodies(Route(service, path), key) is large


MEBIBYTE = 2**20


@pytest.mark.parametrize("declared", [0, MEBIBYTE, None])
def test_a_small_body_begins_within_the_requests_own_time(declared: int | None) -> None:
    assert first_seconds(2.0, declared) == 2.0


def test_what_is_declared_gives_a_line_time_to_come_back_and_no_more() -> None:
    assert {first_seconds(15.0, size * MEBIBYTE) for size in (2, 256, 2**20)} == {60.0}


def test_each_byte_that_has_come_gives_time_for_the_next_ones() -> None:
    assert receiving_seconds(60.0, 8 * MEBIBYTE) == 60.0 + 1024.0
    assert receiving_seconds(15.0, MEBIBYTE // 2) == 15.0 + 64.0


@pytest.mark.parametrize(
    ("line", "at_once", "size"),
    [
        (1_000_000, 10, 8 * MEBIBYTE),  # What the AWS CLI sends, over an old DSL line.
        (500_000, 1, 100 * MEBIBYTE),
        (700_000, 10, MEBIBYTE),
    ],
)
def test_parts_that_share_a_slow_line_arrive(line: int, at_once: int, size: int) -> None:
    each = line / 8 / at_once
    for second in range(int(size / each)):
        assert second < receiving_seconds(first_seconds(15.0, size), int(second * each))


def test_bytes_that_only_just_come_end() -> None:
    late = [second for second in range(120) if second > receiving_seconds(60.0, second * 1000)]
    assert late[0] == 69

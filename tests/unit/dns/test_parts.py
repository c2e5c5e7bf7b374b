"""What is told of in several events."""

import json

import pytest

from services.dns.domain.parts import PART_BYTES, in_parts
from shared.events.envelope import MAX_BYTES


def thing(number: int, bytes: int) -> dict[str, str]:
    frame = len(json.dumps({"id": f"{number:03}", "fill": ""}))
    return {"id": f"{number:03}", "fill": "x" * (bytes - frame)}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([40], [1]),
        ([40, 60], [2]),
        ([40, 61], [1, 1]),
        ([40, 60, 40, 40, 40], [2, 2, 1]),
        ([400, 40, 400], [1, 1, 1]),
    ],
)
def test_a_part_has_as_many_as_it_takes_and_all_come_in_their_order(sizes: list[int], expected: list[int]) -> None:
    things = [thing(number, size) for number, size in enumerate(sizes)]
    parts = list(in_parts(things, limit=100))
    assert [len(part) for part in parts] == expected
    assert [each for part in parts for each in part] == things


def test_an_event_takes_a_part_with_much_beside_it() -> None:
    things = [thing(number, 1_000) for number in range(1_000)]
    assert [len(json.dumps(part)) < MAX_BYTES // 4 * 3 for part in in_parts(things)] == [True, True]
    assert PART_BYTES < MAX_BYTES // 4 * 3

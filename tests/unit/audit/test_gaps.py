"""What a source has sent and the trail doesn't have shows by its number."""

import random

import pytest

from services.audit.domain.chain import EMPTY, Entry, Head, Record, append, record_hash, verify
from services.audit.domain.gaps import MAX_TOLD, Coverage, Gap


def covered(*numbers: int, source: str = "dns") -> tuple[Gap, ...]:
    coverage = Coverage()
    for number in numbers:
        coverage.add(source, number)
    return coverage.gaps()


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), []),
        ((1, 2, 3), []),
        ((3, 1, 2), []),
        ((2,), [(1, 1)]),
        ((1, 3), [(2, 2)]),
        ((1, 5, 9, 6), [(2, 4), (7, 8)]),
        ((1, 5, 9, 6, 3, 4, 2, 8, 7), []),
    ],
)
def test_gaps_are_what_is_missing_before_the_last_number(
    numbers: tuple[int, ...], expected: list[tuple[int, int]]
) -> None:
    assert covered(*numbers) == tuple(Gap("dns", first, last) for first, last in expected)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_exactly_what_was_left_out_is_missing(seed: int) -> None:
    dice = random.Random(seed)
    present = sorted(dice.sample(range(1, 500), 400))
    missing = set(range(1, present[-1])) - set(present)
    dice.shuffle(present)
    told = {number for gap in covered(*present) for number in range(gap.first, gap.last + 1)}
    assert told == missing


def test_sources_count_for_themselves_and_are_told_in_order() -> None:
    coverage = Coverage()
    for source, number in (("storage", 2), ("dns", 1), ("dns", 4), ("billing", 1)):
        coverage.add(source, number)
    assert coverage.gaps() == (Gap("dns", 2, 3), Gap("storage", 1, 1))


def test_an_answer_tells_a_hundred_at_most() -> None:
    assert len(covered(*range(2, 2000, 2))) == MAX_TOLD


def entry(number: int, source_sequence: int | None) -> Entry:
    source = None if source_sequence is None else "omnicloud/dns"
    return Entry(f"evt-{number}", "dns.zone.created", "z-1", "u-1", "t", "c-1", {}, source, source_sequence)


def chain(*source_sequences: int | None) -> list[Record]:
    head, records = EMPTY, list[Record]()
    for number, source_sequence in enumerate(source_sequences, 1):
        records.append(append("t-1", head, entry(number, source_sequence)))
        head = Head(records[-1].sequence, records[-1].hash)
    return records


def test_a_valid_chain_in_which_an_event_is_missing_is_not_complete() -> None:
    result = verify("t-1", chain(1, 2, 4))
    assert (result.valid, result.complete, result.gaps) == (True, False, (Gap("omnicloud/dns", 3, 3),))


def test_a_chain_to_which_everything_came_is_complete_in_whatever_order() -> None:
    result = verify("t-1", chain(2, 1, None, 3))
    assert (result.valid, result.complete) == (True, True)


def test_a_number_is_under_the_hash() -> None:
    numbered = entry(1, 7)
    assert record_hash("t-1", 1, numbered, "0" * 64) != record_hash("t-1", 1, entry(1, 8), "0" * 64)
    # A record without a number has the hash that it had before there were any
    assert record_hash("t-1", 1, entry(1, None), "0" * 64) == (
        "2297a871d68404638c4953c49bbc9c8d290624149c9c9f9bc57a877f5d790836"
    )

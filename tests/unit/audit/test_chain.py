"""The hash chain and what breaks it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain as chained
from typing import Any

import pytest

from services.audit.domain.chain import EMPTY, GENESIS, Entry, Head, Record, append, record_time, verify, with_later


def entry(number: int, **changes: Any) -> Entry:
    made = Entry(
        event_id=f"e-{number}",
        type="compute.instance.created",
        subject=f"i-{number}",
        actor="user:1",
        time="2026-01-01T00:00:00.000000Z",
        correlation_id="c-1",
        data={"name": f"web-{number}", "nested": {"b": 1, "a": [1, 2]}},
    )
    return replace(made, **changes)


def chain(length: int = 4) -> list[Record]:
    head, records = EMPTY, []
    for number in range(1, length + 1):
        records.append(append("t-1", head, entry(number)))
        head = Head(records[-1].sequence, records[-1].hash)
    return records


def test_first_record_follows_genesis() -> None:
    first = chain(1)[0]
    assert (first.sequence, first.previous_hash) == (1, GENESIS)


def test_untouched_chain_is_valid() -> None:
    records = chain(4)
    result = verify("t-1", records)
    assert (result.valid, result.records, result.head) == (True, 4, Head(4, records[-1].hash))


def test_no_records_are_a_valid_chain() -> None:
    assert verify("t-1", []).valid


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "e-x"},
        {"type": "compute.instance.deleted"},
        {"subject": "i-x"},
        {"actor": "user:2"},
        {"time": "2026-01-01T00:00:00.000001Z"},
        {"correlation_id": "c-2"},
        {"data": {"name": "web-2", "nested": {"b": 1, "a": [2, 1]}}},
    ],
)
def test_any_edited_field_breaks_the_chain_there(change: dict[str, Any]) -> None:
    records = chain(4)
    records[1] = replace(records[1], entry=replace(records[1].entry, **change))
    result = verify("t-1", records)
    assert (result.valid, result.first_invalid, result.reason) == (False, 2, "the content doesn't match its hash")


def test_order_of_keys_is_not_content() -> None:
    first = append("t-1", EMPTY, entry(1, data={"a": 1, "b": 2}))
    second = append("t-1", EMPTY, entry(1, data={"b": 2, "a": 1}))
    assert first.hash == second.hash


def test_removed_record_shows() -> None:
    records = chain(4)
    del records[2]
    assert verify("t-1", records).first_invalid == 4


def test_records_of_another_tenant_do_not_verify() -> None:
    assert verify("t-2", chain(1)).first_invalid == 1


def test_a_recomputed_record_breaks_the_next_one() -> None:
    records = chain(3)
    records[1] = append("t-1", Head(1, records[0].hash), entry(2, actor="user:2"))
    result = verify("t-1", records)
    assert (result.first_invalid, result.reason) == (3, "the previous hash is not that of the record before")


def test_a_cut_off_tail_shows_against_what_was_signed() -> None:
    records = chain(4)
    result = verify("t-1", records[:3], [Head(2, records[1].hash), Head(4, records[3].hash)])
    assert (result.valid, result.first_invalid) == (False, 4)


def test_a_rewritten_chain_shows_against_what_was_signed() -> None:
    records = chain(4)
    result = verify("t-1", chain(4), [Head(2, records[2].hash), Head(4, records[3].hash)])
    assert (result.valid, result.first_invalid, result.reason) == (False, 2, "another hash was signed for it")


def test_a_chain_that_grew_since_it_was_signed_is_valid() -> None:
    records = chain(4)
    assert verify("t-1", records, [Head(1, records[0].hash), Head(2, records[1].hash)]).valid


@pytest.mark.parametrize("length", [0, 1, 3])
def test_what_was_recorded_and_signed_while_a_chain_was_read_is_read_as_well(length: int) -> None:
    kept = chain(length)

    def read(after: Head) -> Iterator[Record]:
        yield from [record for record in kept if record.sequence > after.sequence]

    def signed() -> Iterator[Head]:
        for number in (length + 1, length + 2):
            head = Head(kept[-1].sequence, kept[-1].hash) if kept else EMPTY
            kept.append(append("t-1", head, entry(number)))
        yield Head(kept[-1].sequence, kept[-1].hash)

    opened = read(EMPTY)
    first = [record for record in [next(opened, None)] if record]
    result = verify("t-1", with_later(chained(first, opened), read), signed())
    assert (result.valid, result.records) == (True, length + 2)
    head = result.head
    del kept[-1]
    assert verify("t-1", with_later(read(EMPTY), read), [head]).first_invalid == length + 2


def test_the_rest_of_a_chain_is_verified_after_a_head_that_is_known() -> None:
    records = chain(4)
    known = Head(2, records[1].hash)
    assert verify("t-1", records[2:], [Head(4, records[3].hash)], known).valid
    assert verify("t-1", records[3:], (), known).first_invalid == 4
    assert not verify("t-1", [], [Head(4, records[3].hash)], known).valid


def test_content_that_no_platform_wrote_is_invalid_and_no_fault() -> None:
    records = chain(2)
    records[1] = replace(records[1], entry=replace(records[1].entry, data={"n": 2**60}))
    assert verify("t-1", records).first_invalid == 2


def test_times_are_hashed_in_one_form() -> None:
    there = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=1)))
    assert record_time(there) == record_time(datetime(2026, 1, 1, 0, 30, tzinfo=UTC)) == "2026-01-01T00:30:00.000000Z"


def test_times_sort_as_text_in_any_year() -> None:
    times = [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 500, 999, 1000, 2026, 9999)]
    written = [record_time(each) for each in times]
    assert written == sorted(written)
    assert (written[1], {len(each) for each in written}) == ("0500-01-01T00:00:00.000000Z", {27})

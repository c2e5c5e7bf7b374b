"""Everything that a record says is under its hash, where it came from and as which number as well."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.audit.domain.chain import EMPTY, Entry, Head, Record, append, verify

NUMBERS = st.integers(1, 10**15)
SOURCES = st.sampled_from(["omnicloud/dns", "omnicloud/auth", "omnicloud/storage"])


def entry(source: str | None, number: int | None) -> Entry:
    return Entry("e", "dns.zone.created", "z", "u", "2026-01-01T00:00:00.000000Z", "c", {}, source, number)


def chain(entries: list[Entry]) -> list[Record]:
    head, records = EMPTY, []
    for each in entries:
        records.append(append("t", head, each))
        head = Head(records[-1].sequence, records[-1].hash)
    return records


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=60)
@given(st.lists(st.tuples(SOURCES, NUMBERS), min_size=1, max_size=6), st.data())
def test_a_renumbered_record_breaks_the_chain_where_it_is(numbers: list[tuple[str, int]], data: st.DataObject) -> None:
    records = chain([entry(source, number) for source, number in numbers])
    assert verify("t", records).valid
    place = data.draw(st.integers(0, len(records) - 1))
    record = records[place]
    other = data.draw(NUMBERS.filter(lambda number: number != record.entry.source_sequence))
    for changed in (
        replace(record.entry, source_sequence=other),
        replace(record.entry, source="omnicloud/monitor"),
        replace(record.entry, source=None, source_sequence=None),
    ):
        edited = [*records[:place], replace(record, entry=changed), *records[place + 1 :]]
        result = verify("t", edited)
        assert (result.valid, result.first_invalid) == (False, place + 1)


def test_records_without_a_number_are_hashed_without_one_as_ever() -> None:
    [record] = chain([entry(None, None)])
    assert record.hash == "e3cf70106c14bf6d954e38759d93e8e35cf5ff38a2469794ddcf4f01d5459217"
    assert not verify("t", [replace(record, entry=entry("omnicloud/dns", 1))]).valid

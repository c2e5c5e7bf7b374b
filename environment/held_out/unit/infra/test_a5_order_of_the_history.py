"""A state's history goes by serials, whatever those look like as text."""

from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_store import NewDocument, StateStore, digest_of
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

CLOCK = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


class Blobs:
    """An object store that nobody reads."""

    def put_stream(self, bucket: str, name: str, stream: BinaryIO, *, content_type: str = "") -> None:
        return None


@FEW
@given(st.lists(st.sampled_from([1, 2, 7, 9, 10, 11, 19, 20, 99, 100, 101, 1000]), min_size=2, max_size=12))
def test_the_history_is_in_descending_order_and_a_serial_that_was_forced_by_its_writes(serials: list[int]) -> None:
    store = StateStore(EtcdStateIndex(MemoryEtcd(CLOCK)), Blobs(), CLOCK)  # type: ignore[arg-type]
    for serial in serials:
        document = NewDocument(BytesIO(b"{}"), 2, digest_of(b"{}"), "L", serial)
        store.put(store.present("t1", "prod"), "t1", "prod", document)
    written = [(serial, number) for number, serial in enumerate(serials, 1)]
    found = [(version.serial, version.generation) for version in store.history("t1", "prod")]
    assert found == sorted(written, reverse=True)

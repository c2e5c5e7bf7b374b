"""What lies under a prefix is read in pages of one moment."""

from types import SimpleNamespace
from typing import Any

import pytest
from etcd3.etcdrpc.kv_pb2 import KeyValue

from shared.infra.etcd import PAGE_KEYS, EtcdSession


class Store:
    """etcd's range requests; `latest` is its present revision, which rises with each request."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = sorted(keys)
        self.latest = 7
        self.asked: list[int | None] = []

    def get_range_response(self, start: bytes, end: bytes, *, sort_order: str, limit: int, revision: int | None) -> Any:
        self.asked.append(revision)
        self.latest += 1
        found = [key for key in self._keys if start <= key < end]
        kvs = [KeyValue(key=key, value=b"{}", create_revision=1, mod_revision=1) for key in found[:limit]]
        return SimpleNamespace(header=SimpleNamespace(revision=self.latest), kvs=kvs, more=len(found) > limit)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (PAGE_KEYS, 1), (PAGE_KEYS + 1, 2), (3 * PAGE_KEYS, 3)])
def test_every_key_is_read_once_whatever_there_are(count: int, pages: int) -> None:
    keys = [f"/states/t/w/versions/{number}" for number in range(count)]
    session, store = EtcdSession("http://etcd:2379"), Store([*(key.encode() for key in keys), b"/states/t/x"])
    session._made = store
    snapshot = session.snapshot("/states/t/w/versions/")
    assert [item.key for item in snapshot.items] == sorted(keys)
    # And later pages are asked for as of the first one
    assert (store.asked, snapshot.revision) == ([None, *[8] * (pages - 1)], 8)

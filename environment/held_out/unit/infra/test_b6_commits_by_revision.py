"""etcd behind the coordination port: what has been written since it was read isn't untouched, whatever it is now."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import etcd3.etcdrpc as rpc
import pytest
from etcd3.client import Transactions
from etcd3.etcdrpc.kv_pb2 import KeyValue as Stored

from shared.infra.coordination import KeyValue, Put
from shared.infra.etcd import EtcdSession

Writes = list[bytes | None]
"""Values in turn; None deletes the key."""
NOTHING = Stored()


class Cluster:
    """What etcd keeps of keys, and how it decides about transactions: every change has a revision of its own."""

    def __init__(self) -> None:
        self.transactions = Transactions()
        self.keys: dict[str, Any] = {}
        self.revision = 1

    def get(self, key: str) -> tuple[bytes | None, Any]:
        """As the client does: the value and what is known of it, or twice nothing."""
        found = self.keys.get(key)
        if found is None:
            return None, None
        known = SimpleNamespace(
            key=found.key, create_revision=found.create_revision, mod_revision=found.mod_revision, lease_id=found.lease
        )
        return found.value, known

    def transaction(self, compare: list[Any], success: list[Any], failure: list[Any]) -> tuple[bool, list[Any]]:
        """All of `success`, or nothing."""
        holds = all(self._holds(each.build_message()) for each in compare)
        if holds:
            self.revision += 1
            for write in success:
                self._write(write)
        header = rpc.ResponseHeader(revision=self.revision)
        return holds, [rpc.ResponseOp(response_put=rpc.PutResponse(header=header)) for _ in success]

    def _holds(self, asked: Any) -> bool:
        assert asked.result == rpc.Compare.EQUAL
        known = self.keys.get(asked.key.decode())
        if asked.target == rpc.Compare.VALUE:
            return known is not None and known.value == asked.value
        known = NOTHING if known is None else known
        return {
            rpc.Compare.MOD: known.mod_revision == asked.mod_revision,
            rpc.Compare.CREATE: known.create_revision == asked.create_revision,
            rpc.Compare.VERSION: known.version == asked.version,
        }[asked.target]

    def _write(self, write: Any) -> None:
        key = write.key if isinstance(write.key, str) else write.key.decode()
        if not isinstance(write, self.transactions.put):
            self.keys.pop(key, None)
            return
        before = self.keys.get(key, NOTHING)
        self.keys[key] = Stored(
            key=key.encode(),
            value=write.value,
            create_revision=before.create_revision or self.revision,
            mod_revision=self.revision,
            version=before.version + 1,
        )


@pytest.fixture
def etcd() -> EtcdSession:
    session = EtcdSession("http://127.0.0.1:1")
    session._made = Cluster()
    return session


def read(etcd: EtcdSession, key: str) -> KeyValue:
    found = etcd.get(key)
    assert found is not None
    return found


@pytest.mark.parametrize("since", [[b"b", b"a"], [b"a"], [None, b"a"], [b"b", None, b"a"], [None, b"b", b"a"]])
def test_a_key_that_is_as_it_was_has_changed_all_the_same(etcd: EtcdSession, since: Writes) -> None:
    etcd.commit(puts=[Put("/key", b"a")])
    before = read(etcd, "/key")
    for value in since:
        etcd.commit(deletes=["/key"]) if value is None else etcd.commit(puts=[Put("/key", value)])
    after = read(etcd, "/key")
    assert (after.value, after.mod_revision > before.mod_revision) == (before.value, True)
    # A commit that relies on what was read then makes none of its writes
    assert etcd.commit(unchanged=[before], puts=[Put("/key", b"c"), Put("/other", b"c")]) is None
    assert (read(etcd, "/key"), etcd.get("/other")) == (after, None)
    # And one that relies on what there is makes all of them
    revision = etcd.commit(unchanged=[after], puts=[Put("/other", b"c")], deletes=["/key"])
    assert (etcd.get("/key"), read(etcd, "/other").mod_revision) == (None, revision)


def test_only_one_of_two_that_have_read_the_same_writes(etcd: EtcdSession) -> None:
    etcd.commit(puts=[Put("/key", b"same")])
    seen = read(etcd, "/key")
    # Both write what is there already
    made = [etcd.commit(unchanged=[seen], puts=[Put("/key", b"same")]) for _ in range(2)]
    assert [each is not None for each in made] == [True, False]

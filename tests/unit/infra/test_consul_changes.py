"""What changed under a prefix of Consul is found without reading a value, or asking after what hasn't changed."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from typing import Any

import consul
import pytest

from shared.infra.consul import ConsulUnavailable
from shared.infra.consul_kv import Changes, ConsulKv, PrefixFollower


class Keys:
    """A Consul with keys by the index of their last change, and of removals; it answers with names alone."""

    def __init__(self) -> None:
        self.kv = self
        self.index = 1
        self.keys: dict[str, int] = {}
        self.removed: dict[str, int] = {}
        self.asked = 0
        self.named = 0
        self.failing_at: int | None = None
        self.coming: dict[int, str] = {}
        """Keys that somebody else writes just ahead of a question, by the question's number."""

    def put(self, *keys: str) -> None:
        for key in keys:
            self.index += 1
            self.keys[key] = self.index

    def remove(self, key: str) -> None:
        self.index += 1
        del self.keys[key]
        self.removed[key] = self.index

    def get(self, prefix: str, keys: bool, separator: str, **_: Any) -> tuple[str, list[str] | None]:
        assert keys, "a value is read"
        self.asked += 1
        if self.asked == self.failing_at:
            raise consul.ConsulException("away")
        if self.asked in self.coming:
            self.put(self.coming[self.asked])
        under = [key for key in self.keys if key.startswith(prefix)]
        ends = {key: key.find(separator, len(prefix)) for key in under}
        names = sorted({key if end < 0 else key[: end + 1] for key, end in ends.items()})
        self.named += len(names)
        indexes = [at for key, at in {**self.removed, **self.keys}.items() if key.startswith(prefix)]
        return str(max(indexes, default=1)), names or None


def key(tenant: int, environment: str) -> str:
    return f"c/ten-{tenant:04}{tenant * 7919 % 9973:04}/{environment}"


@pytest.fixture
def store() -> Keys:
    """Three environments of each of a hundred tenants."""
    store = Keys()
    store.put(*(key(tenant, name) for tenant in range(100) for name in ("prod", "prod2", "test")))
    return store


def test_all_keys_are_told_at_first_and_then_the_one_that_changed_for_a_few_questions(store: Keys) -> None:
    changes = Changes(store, "c/")
    index, found = changes.after(0)
    assert [(entry.key, entry.value) for entry in found] == [(each, b"") for each in sorted(store.keys)]
    store.put(key(23, "test"))
    store.asked = 0
    index, found = changes.after(index)
    assert [(entry.key, entry.modify_index) for entry in found] == [(key(23, "test"), store.index)]
    assert store.asked < 60
    store.asked = 0
    assert changes.after(index) == (index, ())
    assert store.asked == 1


def test_whatever_changes_is_told_even_when_consul_goes_away_half_way() -> None:
    chance = random.Random("changes")
    store, names = Keys(), [key(tenant, name) for tenant in range(12) for name in ("a", "ab", "b", "d/e", "d/f")]
    store.put(*names[:30])
    changes = Changes(store, "c/")
    index, _ = changes.after(0)
    for _ in range(200):
        before = dict(store.keys)
        for name in chance.sample(names, chance.randint(1, 3)):
            if name in store.keys and chance.random() < 0.3:
                store.remove(name)
            else:
                store.put(name)
        told: set[str] = set()
        store.failing_at = store.asked + chance.randint(1, 40)  # Consul goes away half-way, sometimes.
        with suppress(ConsulUnavailable):
            index, found = changes.after(index)
            told |= {entry.key for entry in found}
        store.failing_at = None
        index, found = changes.after(index)
        told |= {entry.key for entry in found}
        assert {name for name, at in store.keys.items() if before.get(name) != at} <= told <= set(store.keys)


def test_a_key_that_comes_between_two_questions_is_told() -> None:
    store = Keys()
    store.put("c/ten-1/prod", "c/ten-2/prod")
    changes = Changes(store, "c/")
    index, _ = changes.after(0)
    store.put("c/ten-1/prod")
    store.coming[store.asked + 2] = "c/ten-3/prod"  # Behind the list of folders, ahead of what they have in common.
    told: set[str] = set()
    for _ in range(2):
        index, found = changes.after(index)
        told |= {entry.key for entry in found}
    assert told == {"c/ten-1/prod", "c/ten-3/prod"}


def test_when_consul_counts_anew_all_are_told_again(store: Keys) -> None:
    changes = Changes(store, "c/")
    changes.after(0)
    assert len(changes.after(0)[1]) == 300


def test_nothing_is_remembered_of_folders_that_are_gone(store: Keys) -> None:
    changes = Changes(store, "c/")
    index, _ = changes.after(0)
    for name in [name for name in store.keys if name != key(7, "prod")]:
        store.remove(name)
    index, _ = changes.after(index)
    store.put(key(7, "prod"))
    changes.after(index)
    assert len(changes._seen) < 10


def test_a_follower_reads_no_values(store: Keys) -> None:
    told = threading.Event()
    keys: list[str] = []

    def tell(entries: Any) -> None:
        keys.extend(entry.key for entry in entries)
        told.set()

    follower = PrefixFollower(ConsulKv(store), "c/", tell)
    follower.start()
    assert told.wait(30)
    follower.stop()
    assert keys[:300] == sorted(store.keys)

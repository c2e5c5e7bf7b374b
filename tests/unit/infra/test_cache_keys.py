"""Names in the cache, and when a value is invalidated."""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from shared.infra.cache import Cache, cache_key


def test_a_key_belongs_to_its_tenant() -> None:
    assert cache_key("t1", "flags", "dark-mode") == "cache:t1:flags:dark-mode"
    assert cache_key("t1", "flags", "x") != cache_key("t2", "flags", "x")


def test_no_two_triples_share_a_name() -> None:
    assert cache_key("t:1", "n", "k") != cache_key("t", "1:n", "k")
    assert cache_key("t", "a:b", "c") != cache_key("t", "a", "b:c")


def test_a_value_is_invalidated_when_the_transaction_commits_and_not_before() -> None:
    deleted: list[tuple[str, str, str]] = []

    class Recorded(Cache):
        def __init__(self) -> None:
            """No Redis behind it."""

        def delete(self, tenant_id: str, namespace: str, key: str) -> None:
            deleted.append((tenant_id, namespace, key))

    hooks: list[Callable[[], None]] = []
    Recorded().invalidate_after_commit(hooks.append, "t1", "flags", "x")
    assert deleted == []
    hooks[0]()
    assert deleted == [("t1", "flags", "x")]


class Refusing:
    """Redis that reads, and takes nothing."""

    def __init__(self, error: redis.RedisError) -> None:
        self.error = error

    def get(self, name: str) -> None:
        return None

    def lock(self, *_: object, **__: object) -> Any:
        return self

    def acquire(self) -> bool:
        raise self.error

    def register_script(self, _: str) -> Callable[..., None]:
        return lambda **__: None


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        redis.exceptions.ReadOnlyError("You can't write against a read only replica."),
        redis.exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
        redis.exceptions.BusyLoadingError("Redis is loading the dataset in memory"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_value_is_loaded_when_redis_refuses_to_keep_it(error: redis.RedisError) -> None:
    assert Cache(Refusing(error)).get_or_load("t1", "flags", "x", lambda: {"on": True}) == {"on": True}  # type: ignore[arg-type]

"""A Redis that answers and refuses (full, read-only) serves nobody: it is treated as one that is away."""

from typing import Any

import pytest
import redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

from shared.infra.cache import Cache
from shared.infra.redis import RedisUnavailable, translated

REFUSALS = [OutOfMemoryError("maxmemory"), ReadOnlyError("a replica"), ResponseError("MISCONF the disk is full")]


class Lock:
    """Refuses to be taken."""

    def __init__(self, refusal: redis.RedisError) -> None:
        self._refusal = refusal

    def acquire(self) -> bool:
        raise self._refusal


class Full:
    """Reads and refuses to write."""

    def __init__(self, refusal: redis.RedisError) -> None:
        self._refusal = refusal

    def register_script(self, script: str) -> None:
        return None

    def get(self, name: str) -> None:
        return None

    def set(self, name: str, value: str, ex: int) -> None:
        raise self._refusal

    def lock(self, name: str, **options: Any) -> Lock:
        return Lock(self._refusal)


@pytest.mark.parametrize("refusal", REFUSALS, ids=["full", "read-only", "disk"])
def test_a_value_is_loaded_while_redis_refuses_to_keep_it(refusal: redis.RedisError) -> None:
    client: Any = Full(refusal)
    assert Cache(client).get_or_load("t1", "flags", "x", lambda: {"on": True}) == {"on": True}


@pytest.mark.parametrize("refusal", REFUSALS, ids=["full", "read-only", "disk"])
def test_a_refusal_is_the_services_absence(refusal: redis.RedisError) -> None:
    client: Any = Full(refusal)
    with pytest.raises(RedisUnavailable):
        Cache(client).set("t1", "flags", "x", 1)
    with pytest.raises(RedisUnavailable), translated():
        raise refusal

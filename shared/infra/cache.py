"""A JSON cache in Redis. Every key belongs to a tenant; a value is never older than the last invalidation.

The cache is never the truth: when Redis is away, values are loaded and not kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import redis

from shared.infra.redis import RedisUnavailable, connect, translated
from shared.settings import ServiceSettings

log = logging.getLogger(__name__)

DEFAULT_TTL_SECONDS = 60
LOAD_SECONDS = 10
"""How long one loader may keep others from loading the same value; those waiting then load it themselves."""
POLL_SECONDS = 0.02
GENERATION_TTL_SECONDS = 600
"""Longer than any load takes, so that no load can miss an invalidation because its trace has expired; no longer than
that, since each of these traces takes room."""

STORE_IF_GENERATION = """
if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


def cache_key(tenant_id: str, namespace: str, key: str) -> str:
    """The name in Redis. The parts are escaped, so that no two triples share one."""
    return "cache:" + ":".join(quote(part, safe="") for part in (tenant_id, namespace, key))


class Cache:
    """Values are anything JSON can hold, None excepted: a missing value is loaded again."""

    def __init__(self, client: redis.Redis, ttl_seconds: int = DEFAULT_TTL_SECONDS) -> None:
        self._client = client
        self._ttl_seconds = ttl_seconds
        self._store_if_generation = client.register_script(STORE_IF_GENERATION)

    @classmethod
    def from_settings(cls, settings: ServiceSettings, ttl_seconds: int = DEFAULT_TTL_SECONDS) -> Cache:
        """The cache these settings point at."""
        return cls(connect(settings), ttl_seconds)

    def get(self, tenant_id: str, namespace: str, key: str) -> Any | None:
        """The value; None when there is none. Raises RedisUnavailable."""
        with translated():
            text: Any = self._client.get(cache_key(tenant_id, namespace, key))
        return None if text is None else json.loads(text)

    def set(self, tenant_id: str, namespace: str, key: str, value: Any, ttl_seconds: int | None = None) -> None:
        """Keep a value. Raises RedisUnavailable."""
        with translated():
            self._client.set(
                cache_key(tenant_id, namespace, key), json.dumps(value), ex=ttl_seconds or self._ttl_seconds
            )

    def delete(self, tenant_id: str, namespace: str, key: str) -> None:
        """Invalidate a value; a load that is under way isn't kept. Raises RedisUnavailable."""
        name = cache_key(tenant_id, namespace, key)
        with translated(), self._client.pipeline(transaction=True) as pipeline:
            pipeline.incr(_generation_key(name))
            pipeline.expire(_generation_key(name), GENERATION_TTL_SECONDS)
            pipeline.delete(name)
            pipeline.execute()

    def get_or_load(
        self, tenant_id: str, namespace: str, key: str, load: Callable[[], Any], ttl_seconds: int | None = None
    ) -> Any:
        """The value, loaded by one caller while others wait for it. Errors of `load` are passed on."""
        name = cache_key(tenant_id, namespace, key)
        try:
            value = self.get(tenant_id, namespace, key)
            if value is not None:
                return value
            lock = self._client.lock(
                name + ":loading", timeout=LOAD_SECONDS, sleep=POLL_SECONDS, blocking_timeout=LOAD_SECONDS
            )
            with translated():
                locked = lock.acquire()
        except RedisUnavailable as error:
            log.warning("cache bypassed: %s", error)
            return load()
        try:
            return self._load(name, load, ttl_seconds or self._ttl_seconds)
        finally:
            if locked:
                self._unlock(lock)

    def invalidate_after_commit(
        self, on_commit: Callable[[Callable[[], None]], object], tenant_id: str, namespace: str, key: str
    ) -> None:
        """Invalidate once the transaction has committed: `on_commit` is the session's or Django's hook.

        Before the commit would be too early, because a concurrent reader would load the old value and keep it.
        """
        on_commit(lambda: self.delete(tenant_id, namespace, key))

    def _load(self, name: str, load: Callable[[], Any], ttl_seconds: int) -> Any:
        try:
            with translated():
                present: Any = self._client.get(name)
                generation: Any = self._client.get(_generation_key(name)) or b"0"
        except RedisUnavailable as error:
            log.warning("cache bypassed: %s", error)
            return load()
        if present is not None:
            return json.loads(present)
        value = load()
        try:
            with translated():
                self._store_if_generation(
                    keys=[name, _generation_key(name)], args=[generation, json.dumps(value), ttl_seconds]
                )
        except RedisUnavailable as error:
            log.warning("value not cached: %s", error)
        return value

    def _unlock(self, lock: Any) -> None:
        try:
            with translated():
                lock.release()
        except RedisUnavailable as error:
            log.info("the load took longer than its lock: %s", error)


def _generation_key(name: str) -> str:
    return name + ":generation"

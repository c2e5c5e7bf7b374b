"""The connection to Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from shared.errors import ServiceUnavailable
from shared.settings import ServiceSettings

CONNECT_TIMEOUT_SECONDS = 2.0
CALL_TIMEOUT_SECONDS = 3.0
IDLE_CHECK_SECONDS = 15
"""A connection that was idle for longer is tried with PING first: Redis may have been restarted."""


class RedisUnavailable(ServiceUnavailable):
    """Redis doesn't answer, or refuses: it is full, only read, or still loading."""

    code = "redis_unavailable"


def connect(settings: ServiceSettings) -> redis.Redis:
    """A client with a pool of its own, answering bytes; nothing is connected yet."""
    return redis.Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=CALL_TIMEOUT_SECONDS,
        health_check_interval=IDLE_CHECK_SECONDS,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise RedisUnavailable for connection errors and refusals."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise RedisUnavailable(f"Redis doesn't answer: {type(error).__name__}") from error
    except redis.RedisError as error:
        raise RedisUnavailable(f"Redis refuses: {type(error).__name__}") from error

"""Rate limits in Redis: a sliding window per tenant, and per client address where there is no token."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.gateway.settings import Settings
from shared.errors import TooManyRequests


class RateLimits:
    """Counts a request and refuses it when its window is full."""

    def __init__(self, settings: Settings) -> None:
        storage = RedisStorage("async+" + settings.redis_url, implementation="redispy", key_prefix="gateway")
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._tenant = parse(settings.tenant_rate_limit)
        self._anonymous = parse(settings.anonymous_rate_limit)

    async def count_tenant(self, tenant_id: str) -> None:
        """One request of a tenant. Raises TooManyRequests with `retry_after` in seconds."""
        await self._count(self._tenant, "tenant", tenant_id)

    async def count_anonymous(self, address: str) -> None:
        """One request without a token. Raises TooManyRequests with `retry_after` in seconds."""
        await self._count(self._anonymous, "address", address)

    async def _count(self, item: RateLimitItem, kind: str, key: str) -> None:
        if await self._limiter.hit(item, kind, key):
            return
        window = await self._limiter.get_window_stats(item, kind, key)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        raise TooManyRequests(f"the limit is {item}; try again in {wait} s", retry_after=wait)

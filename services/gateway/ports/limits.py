"""Rate limits in Redis: a sliding window per tenant, and per client address where there is no token.

Redis alone measures the time of the windows, so that all gateways agree on it whatever their own clocks say.
"""

from __future__ import annotations

import math

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from services.gateway.domain.limits import Window, seconds_until_room
from services.gateway.settings import Settings
from shared.errors import TooManyRequests


class RateLimits:
    """Counts a request and refuses it when its window is full."""

    def __init__(self, settings: Settings) -> None:
        self._storage = RedisStorage("async+" + settings.redis_url, implementation="redispy", key_prefix="gateway")
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._tenant = parse(settings.tenant_rate_limit)
        self._anonymous = parse(settings.anonymous_rate_limit)

    async def count_tenant(self, tenant_id: str) -> None:
        """One request of a tenant. Raises TooManyRequests with `retry_after` in seconds."""
        await self._count(self._tenant, "tenant", tenant_id)

    async def count_anonymous(self, address: str) -> None:
        """One request without a token. Raises TooManyRequests with `retry_after` in seconds."""
        await self._count(self._anonymous, "address", address)

    async def ensure_anonymous(self, address: str) -> None:
        """Raise TooManyRequests when an address has no request without a token left; nothing is counted."""
        if not await self._limiter.test(self._anonymous, "address", address):
            raise await self._refusal(self._anonymous, "address", address)

    async def _count(self, item: RateLimitItem, kind: str, key: str) -> None:
        if not await self._limiter.hit(item, kind, key):
            raise await self._refusal(item, kind, key)

    async def _refusal(self, item: RateLimitItem, kind: str, key: str) -> TooManyRequests:
        # The limiter's own `get_window_stats` tells a time of the machine's clock, and not when there is room again.
        period = item.get_expiry()
        earlier, earlier_lasts, present, present_lasts = await self._storage.get_sliding_window(
            item.key_for(kind, key), period
        )
        # The present counter is kept for another period after its own, as the earlier one.
        window = Window(earlier, earlier_lasts, present, max(0.0, present_lasts - period))
        wait = max(1, math.ceil(seconds_until_room(item.amount, period, window)))
        return TooManyRequests(f"the limit is {item}; try again in {wait} s", retry_after=wait)

"""Rate limits in Redis: a sliding window per tenant, and per client address where there is no token.

Redis alone measures the time of the windows, so that all gateways agree on it whatever their own clocks say. While it
doesn't answer, each gateway counts for itself by the same limits: requests go on, and nobody is let loose.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, SlidingWindowCounterSupport
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from services.gateway.domain.client_address import limited_as
from services.gateway.domain.limits import Window, seconds_until_room
from services.gateway.settings import Settings
from shared.errors import TooManyRequests
from shared.kernel.logs import logger
from shared.utils.clock import Clock

log = logger("gateway.limits")

PATIENCE_SECONDS = 0.5
"""Redis answers within a millisecond; a request that waits much longer for it is better counted here."""
PAUSE_SECONDS = 2.0
"""So long Redis isn't asked after it didn't answer, so that it costs one request its patience and not each."""
_AWAY = (RedisError, OSError, TimeoutError)


class RateLimits:
    """Counts a request and refuses it when its window is full."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._shared = SlidingWindowCounterRateLimiter(
            RedisStorage("async+" + settings.redis_url, implementation="redispy", key_prefix="gateway")
        )
        self._own: SlidingWindowCounterRateLimiter | None = None
        self._ask_again_at = float("-inf")
        self._tenant = parse(settings.tenant_rate_limit)
        self._anonymous = parse(settings.anonymous_rate_limit)

    async def count_tenant(self, tenant_id: str) -> None:
        """One request of a tenant. Raises TooManyRequests with `retry_after` in seconds."""
        await self._count(self._tenant, "tenant", tenant_id)

    async def count_anonymous(self, address: str) -> None:
        """One request without a token, or one that tries to get one. Raises TooManyRequests with `retry_after` in
        seconds."""
        await self._count(self._anonymous, "address", limited_as(address))

    async def ensure_anonymous(self, address: str) -> None:
        """Raise TooManyRequests when an address has no request without a token left; nothing is counted."""
        await self._ask(lambda limiter: _test(limiter, self._anonymous, "address", limited_as(address)))

    async def _count(self, item: RateLimitItem, kind: str, key: str) -> None:
        await self._ask(lambda limiter: _hit(limiter, item, kind, key))

    async def _ask(self, question: Callable[[SlidingWindowCounterRateLimiter], Awaitable[None]]) -> None:
        """Put a question to the counters that all gateways share; to this one's own while Redis doesn't answer."""
        if self._clock.monotonic() >= self._ask_again_at:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await question(self._shared)
                return
            except _AWAY as error:
                self._ask_again_at = self._clock.monotonic() + PAUSE_SECONDS
                log.warning("Redis doesn't answer; requests are counted here", error=str(error) or type(error).__name__)
        if self._own is None:  # Made by a request, since it belongs to the running loop.
            self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        await question(self._own)


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, key: str) -> None:
    if not await limiter.hit(item, kind, key):
        raise await _refusal(limiter, item, kind, key)


async def _test(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, key: str) -> None:
    if not await limiter.test(item, kind, key):
        raise await _refusal(limiter, item, kind, key)


async def _refusal(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, key: str
) -> TooManyRequests:
    # The limiter's own `get_window_stats` tells a time of the machine's clock, and not when there is room again.
    period = item.get_expiry()
    storage = limiter.storage
    assert isinstance(storage, SlidingWindowCounterSupport)
    earlier, earlier_lasts, present, present_lasts = await storage.get_sliding_window(item.key_for(kind, key), period)
    # The present counter is kept for another period after its own, as the earlier one.
    window = Window(earlier, earlier_lasts, present, max(0.0, present_lasts - period))
    wait = max(1, math.ceil(seconds_until_room(item.amount, period, window)))
    return TooManyRequests(f"the limit is {item}; try again in {wait} s", retry_after=wait)

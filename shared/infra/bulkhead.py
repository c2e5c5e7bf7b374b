"""Bulkheads: a dependency that is slow or silent fills a part of a process's threads, and the rest goes on serving.

Source: Nygard, "Release It!", second edition, chapter 5.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from shared.errors import TooManyRequests
from shared.kernel.context import current, current_tenant

SLOW_SECONDS = 3.0
"""Who has been inside for so long isn't being served: nobody waits for such. Far longer than a dependency in good
health needs on a machine under load."""
LOOK_SECONDS = 0.25
"""How often those who wait look whether it has come to that."""


class TooManyAtOnce(TooManyRequests):
    """As many requests use a dependency already as may. The client can mend it, and the service isn't to blame: a
    circuit breaker in front of it must not open on its account."""

    code = "too_many_at_once"


class Bulkhead:
    """At most `limit` threads use a dependency at once, and at most `share` of them for one tenant."""

    def __init__(self, name: str, limit: int, share: int) -> None:
        self._name = name
        self._limit = limit
        self._share = share
        self._changed = threading.Condition()
        self._entered: defaultdict[str, list[float]] = defaultdict(list)
        """When who is inside came in, by tenant."""

    @contextmanager
    def room(self) -> Iterator[None]:
        """A room for the context's tenant for the length of a block. Raises TooManyAtOnce when none will be free soon.

        Whoever waits does so while those inside are served: waiting takes a thread, too.
        """
        tenant, deadline, monotonic = current_tenant(), current().deadline, current().clock.monotonic
        with self._changed:
            while not self._is_free(tenant):
                if self._is_stuck(tenant, monotonic()) or (deadline is not None and deadline.expired):
                    raise TooManyAtOnce(f"too many requests use {self._name} at once", retry_after=1)
                self._changed.wait(LOOK_SECONDS)
            entered = monotonic()
            self._entered[tenant].append(entered)
        try:
            yield
        finally:
            with self._changed:
                self._entered[tenant].remove(entered)
                if not self._entered[tenant]:
                    del self._entered[tenant]
                self._changed.notify_all()

    def _is_free(self, tenant: str) -> bool:
        return len(self._entered.get(tenant, ())) < self._share and self._count() < self._limit

    def _is_stuck(self, tenant: str, now: float) -> bool:
        """Whether nobody of those who would have to leave has come in lately: none of them is being served."""
        full = self._count() >= self._limit
        inside = chain(*self._entered.values()) if full else self._entered.get(tenant, ())
        return all(now - entered >= SLOW_SECONDS for entered in inside)

    def _count(self) -> int:
        return sum(len(inside) for inside in self._entered.values())

"""Where the instances of a service are: the registry's answer, kept for a second."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from shared.clients.breaker import Call, CircuitBreaker
from shared.clients.errors import CircuitOpen, NoInstance
from shared.infra.consul import ConsulUnavailable
from shared.infra.registry import Instance
from shared.utils.clock import Clock

CACHE_SECONDS = 1.0
AWAY_SECONDS = 5.0
"""So long the last known instances count after the registry didn't answer."""
FAILURE_THRESHOLD = 5
OPEN_SECONDS = 2.0
"""Short: within the fleet an upstream is back seconds after its restart, and one probe costs little."""

Lookup = Callable[[str], tuple[Instance, ...]]
"""The routable instances of a service by its name."""


@dataclass(frozen=True)
class Target:
    """An instance that may be called now, and the call whose end its breaker wants to hear of."""

    instance: Instance
    call: Call


class Away:
    """What is known of a registry that doesn't answer, by all who ask it: each would wait for it in turn."""

    def __init__(self) -> None:
        self.until = float("-inf")
        """When those who know instances look again: one that misses an answer has time, for it can go on."""
        self.unasked = float("-inf")
        """When those who know none ask again."""
        self.failure: ConsulUnavailable | None = None


class Upstream:
    """One service as a caller sees it: its instances in turn, each behind a circuit breaker."""

    def __init__(self, service: str, lookup: Lookup, clock: Clock, away: Away | None = None) -> None:
        self._service = service
        self._lookup = lookup
        self._clock = clock
        self._away = away or Away()
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._turns = itertools.count()
        self._instances: tuple[Instance, ...] = ()
        self._looked_at = float("-inf")
        self._good_for = CACHE_SECONDS
        self._looks = 0
        self._failure: ConsulUnavailable | None = None
        self._breakers: dict[str, CircuitBreaker] = {}

    def choose(self, caller: str = "") -> Target:
        """The next instance in turn whose circuit lets a call through, for a request of `caller`, where it is known.

        Raises NoInstance when the registry knows none, CircuitOpen when all of them are being left alone, and what the
        registry raises when it is away and never answered before.
        """
        instances = self._present()
        if not instances:
            raise NoInstance(f"no instance of {self._service} is healthy now", service=self._service, retry_after=1)
        start = next(self._turns) % len(instances)
        for instance in (*instances[start:], *instances[:start]):
            if (call := self._breaker(instance).allow(caller)) is not None:
                return Target(instance, call)
        raise CircuitOpen(f"{self._service} fails at present", service=self._service, retry_after=1)

    def pause(self) -> float:
        """Seconds until the known instance that is left alone for the shortest may be called; 0 when one may be now.

        Where none are known, those until a registry that was away is asked again.
        """
        with self._lock:
            breakers = [self._breakers.get(instance.id) for instance in self._instances]
        unasked = self._away.unasked - self._clock.monotonic() if self._away.failure is not None else 0.0
        return min((breaker.retry_after() if breaker else 0.0 for breaker in breakers), default=max(0.0, unasked))

    def look_again(self) -> None:
        """Ask the registry at the next call: an instance that was known couldn't be reached."""
        self._looked_at = float("-inf")

    def _present(self) -> tuple[Instance, ...]:
        """The routable instances, at most a second old; the last known ones while the registry is away, or doesn't
        answer one who asks already: that costs one caller its patience and not each.

        Where none are known the registry's failure is raised, and for as long as it took to find out nobody asks again:
        a request that needs several services waits for a silent registry once, and not once for each of them.
        """
        if self._instances and self._fresh():
            return self._instances
        if not self._instances and self._away.failure is not None and self._clock.monotonic() < self._away.unasked:
            raise self._away.failure.with_traceback(None)
        looks = self._looks
        if not self._looking.acquire(blocking=not self._instances):
            return self._instances
        try:
            if self._looks == looks or (self._instances and not self._fresh()):
                self._look()
            elif self._failure is not None and not self._instances:
                raise self._failure.with_traceback(
                    None
                )  # Whoever waited for another's question has waited long enough.
            return self._instances
        finally:
            self._looking.release()

    def _fresh(self) -> bool:
        now = self._clock.monotonic()
        return now < self._away.until or now - self._looked_at < self._good_for

    def _look(self) -> None:
        self._looks += 1
        began = self._clock.monotonic()
        try:
            self._instances = self._lookup(self._service)
            self._good_for, self._failure = CACHE_SECONDS, None
        except ConsulUnavailable as error:
            self._failure = self._away.failure = error
            now = self._clock.monotonic()
            self._away.unasked = max(self._away.unasked, now + now - began)
            if not self._instances:
                self._away.until = max(self._away.until, self._away.unasked)
                raise
            self._good_for = AWAY_SECONDS
            self._away.until = now + AWAY_SECONDS
        self._looked_at = self._clock.monotonic()

    def _breaker(self, instance: Instance) -> CircuitBreaker:
        with self._lock:
            breaker = self._breakers.get(instance.id)
            if breaker is None:
                breaker = CircuitBreaker(FAILURE_THRESHOLD, OPEN_SECONDS, self._clock.monotonic)
                self._breakers[instance.id] = breaker
            return breaker

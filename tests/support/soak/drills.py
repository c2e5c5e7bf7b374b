"""What may break, for how long, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.support.crashes import PROCESSES
from tests.support.fleet import FleetControl
from tests.support.soak.calls import Callers

PROBER = "loadbalancer-prober"
SERVERS = ("infra-db", "minio", "etcd", "consul", "redis", "vault")
LEASES_SECONDS = (2.5, 9.0)
"""The controller's lease lasts two seconds, the lock of an apply five: who is stopped for longer has lost them."""
STEPS_SECONDS = (-120, -5, 1, 30, 600, 1_800)
"""Far enough for tokens, reservations and leases to end, and back again."""


@dataclass(frozen=True)
class Drill:
    """Something that breaks for a while."""

    name: str
    target: str
    seconds: float
    begin: Callable[[], object]
    end: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.name} {self.target} for {self.seconds:.1f} s".replace("  ", " ")


@dataclass(frozen=True)
class Drills:
    """The drills of one fleet."""

    fleet: FleetControl
    callers: Callers

    def drawn(self, dice: Random) -> Drill:
        """One of them."""
        kinds: dict[Callable[[Random], Drill], int] = {
            self._kill: 10, self._stop_and_continue: 6, self._lose_server: 6, self._hang_server: 4, self._lose_bus: 4,
            self._slow_bus: 1, self._drop_bus: 1, self._step_clock: 3,
        }  # fmt: skip
        return dice.choices(list(kinds), list(kinds.values()))[0](dice)

    def _kill(self, dice: Random) -> Drill:
        name = dice.choice((*PROCESSES, PROBER))
        return Drill(
            "killed", name, dice.uniform(0.0, 2.0), lambda: self.fleet.kill(name), lambda: self.fleet.start(name)
        )

    def _stop_and_continue(self, dice: Random) -> Drill:
        name = dice.choice((*PROCESSES, "deploy-worker", "deploy-controller"))
        seconds = dice.uniform(*LEASES_SECONDS)
        return Drill("stopped", name, seconds, lambda: self.fleet.pause(name), lambda: self.fleet.resume(name))

    def _lose_server(self, dice: Random) -> Drill:
        name = dice.choice(SERVERS)
        return Drill(
            "killed", name, dice.uniform(0.0, 5.0), lambda: self.fleet.kill(name), lambda: self.fleet.start(name)
        )

    def _hang_server(self, dice: Random) -> Drill:
        name = dice.choice(SERVERS)
        seconds = dice.uniform(1.0, 7.0)
        return Drill("hung", name, seconds, lambda: self.fleet.pause(name), lambda: self.fleet.resume(name))

    def _lose_bus(self, dice: Random) -> Drill:
        return Drill("lost", "the bus", dice.uniform(0.5, 8.0), self.fleet.kafka_down, self.fleet.kafka_up)

    def _slow_bus(self, dice: Random) -> Drill:
        def slow() -> None:
            self.fleet.kafka_delay(300)

        return Drill("slow", "the bus", 3.0, slow, lambda: self.fleet.kafka_delay(0))

    def _drop_bus(self, dice: Random) -> Drill:
        return Drill("dropped", "the bus", 0.1, self.fleet.kafka_drop, lambda: None)

    def _step_clock(self, dice: Random) -> Drill:
        step = dice.choice(STEPS_SECONDS)

        def begin() -> None:
            self.fleet.step_clock(step)
            self.callers.renew()

        return Drill(
            f"stepped by {step} s", "the clock", dice.uniform(1.0, 4.0), begin, lambda: self.fleet.step_clock(0)
        )

    def recovered(self, broken: Sequence[Drill]) -> None:
        """Returns once everything that broke is healthy again, and routed to."""
        known = self.fleet.services()
        for name in {drill.target for drill in broken} & set(known):
            if known[name]["has_health_check"]:
                self.fleet.wait_healthy(name)
        self.fleet.wait_routed()

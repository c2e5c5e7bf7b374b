"""A schedule: calls in rounds, several of a round at the same time, and drills in the middle of some of them.

Everything is drawn from the seed: what is asked for, of which of the things that were made, what breaks and for how
long. What is answered is up to the platform; a thing that wasn't made shifts the choice among those that were.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS
from tests.support.computing import INSTANCES, create_host
from tests.support.deploying import make_environment
from tests.support.fleet import FleetControl
from tests.support.identities import create_tenant
from tests.support.networking import ADDRESSES, GROUPS, SUBNETS, VPCS
from tests.support.soak.calls import Call, Callers, Outcome
from tests.support.soak.control import CONTROL, ENVIRONMENTS, SECRETS, TENANTS
from tests.support.soak.drills import Drill, Drills
from tests.support.soak.infrastructure import INFRASTRUCTURE, Act
from tests.support.soak.world import World
from tests.support.storing import STORAGE
from tests.support.zones import ZONES

ACTS: Mapping[Act, int] = {**INFRASTRUCTURE, **CONTROL}
ROUTES = {
    "instance": INSTANCES, "volume": f"{STORAGE}/volumes", "snapshot": f"{STORAGE}/snapshots",
    "bucket": f"{STORAGE}/buckets", "vpc": VPCS, "subnet": SUBNETS, "address": ADDRESSES, "group": GROUPS,
    "zone": ZONES, "pool": POOLS, "balancer": BALANCERS, "project": f"{TENANTS}/projects",
    "account": "/api/auth/v1/service-accounts", "rule": "/api/monitor/v1/alert-rules",
    "policy": "/api/compliance/v1/policies", "key": f"{SECRETS}/keys",
}  # fmt: skip
"""Where the things of a kind are listed."""
CLIENTS = 4
PERSISTENT = 0.85
"""Share of the clients that ask until they know what became of their request."""
TWICE = 0.2
"""Share of the drills during which a second thing breaks."""
KNOWN_SECONDS = 60.0
"""Within so long after the last drill every client that asks on has a definite answer."""
RETRY_SECONDS = 0.5
DEAD = {"exited", "failed"}


@dataclass
class Schedule:
    """One seed's schedule, with what was played of it."""

    seed: int
    fleet: FleetControl
    platform: Api
    operations: int
    drills: int
    world: World = field(default_factory=World)
    calls: list[Call] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    played: int = 0
    """Drills so far."""
    callers: Callers = field(init=False)

    def prepare(self) -> None:
        """A tenant with hosts and environments of its own."""
        tenant = create_tenant(self.platform, plan="team")
        email, password = f"soak-{secrets.token_hex(6)}@example.test", secrets.token_urlsafe(18)
        grants = [{"role": "tenant-admin", "scope": "tenant"}]
        tenant.operator.ok(
            "POST", "/api/auth/v1/users", 201, json={"email": email, "password": password, "grants": grants}
        )
        hosts = [create_host(self.platform, tenant, millicores=2_500)["id"] for _ in range(3)]
        for name in ENVIRONMENTS:
            make_environment(tenant.api, name)
        given = {entry["id"] for path in ROUTES.values() for entry in tenant.api.items(path)}
        self.world.facts |= {"tenant_id": tenant.id, "hosts": hosts, "given": given}
        self.callers = Callers(self.fleet, tenant, email, password)
        self.callers.renew()

    def play(self) -> list[str]:
        """All rounds, or those up to an answer that is a 500 or a process that has ended by itself: what that was."""
        try:
            self._rounds()
        except AssertionError as error:
            return [f"at #{self.calls[-1].number}: {error}"]
        return []

    def _rounds(self) -> None:
        every = max(1, self.operations // (self.drills + 1))
        due = every
        with ThreadPoolExecutor(CLIENTS) as clients:
            while len(self.calls) < self.operations:
                dice = Random(f"{self.seed} {len(self.calls)}")
                calls = self._drawn(dice, dice.randrange(4, 9))
                broken: list[Drill] = []
                if len(self.calls) + len(calls) >= due and self.played < self.drills:
                    broken = self._drills(dice)
                    due += every
                self._round(clients, dice, calls, broken)

    def _drawn(self, dice: Random, wanted: int) -> list[Call]:
        """So many calls, with their numbers and keys."""
        found: list[Call] = []
        while len(found) < wanted:
            number = len(self.calls) + len(found) + 1
            call = dice.choices(list(ACTS), list(ACTS.values()))[0](self.world, dice, number)
            if call is not None:
                call.number, call.id = number, f"soak-{self.world.facts['tenant_id']}-{number}"
                call.persistent = dice.random() < PERSISTENT
                found.append(call)
        return found

    def _drills(self, dice: Random) -> list[Drill]:
        drawn = Drills(self.fleet, self.callers)
        first = drawn.drawn(dice)
        second = drawn.drawn(dice) if dice.random() < TWICE else None
        return [first, second] if second and second.target != first.target else [first]

    def _round(self, clients: ThreadPoolExecutor, dice: Random, calls: list[Call], broken: list[Drill]) -> None:
        self.calls += calls
        before = dice.randrange(0, len(calls)) if broken else len(calls)
        asked = [clients.submit(self.callers.send, call) for call in calls[:before]]
        for drill in broken:
            self.log.append(f"during #{calls[0].number} to #{calls[-1].number}: {drill}")
            self.played += 1
            drill.begin()
        began = time.monotonic()
        asked += [clients.submit(self.callers.send, call) for call in calls[before:]]
        for drill in sorted(broken, key=lambda drill: drill.seconds):
            time.sleep(max(0.0, drill.seconds - (time.monotonic() - began)))
            drill.end()
        for each in asked:
            each.result()
        for call in calls:
            self._check_statuses(call)
        if broken:
            self._check_processes()
            Drills(self.fleet, self.callers).recovered(broken)
        self.callers.renew()

    def know(self) -> None:
        """Every client that asks on gets to know what became of its request; the others have given up."""
        self.callers.renew(always=True)
        deadline = time.monotonic() + KNOWN_SECONDS
        while waiting := [call for call in self.calls if call.outcome is Outcome.UNKNOWN and call.persistent]:
            for call in waiting:
                self.callers.send(call)
                self._check_statuses(call)
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer {KNOWN_SECONDS:g} s after everything was mended: {waiting[0]}")
            time.sleep(RETRY_SECONDS)

    def _check_statuses(self, call: Call) -> None:
        wrong = [status for status in call.statuses if status in (500, 501)]
        assert not wrong, f"an internal error: {call}"

    def _check_processes(self) -> None:
        dead = {name: each["reason"] for name, each in self.fleet.services().items() if each["state"] in DEAD}
        assert not dead, f"ended by themselves: {dead}"

    def figures(self) -> str:
        """How much was played, in one line."""
        outcomes = ", ".join(f"{sum(call.outcome is each for call in self.calls)} {each}" for each in Outcome)
        return f"seed {self.seed}: {len(self.calls)} operations ({outcomes}), {self.played} drills"

    def story(self) -> str:
        """What was played, for people."""
        drills = iter(self.log)
        lines = [str(call) for call in self.calls]
        return "\n".join(["drills:", *drills, "calls:", *lines])

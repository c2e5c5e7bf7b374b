"""One service of a running fleet: its state, and what its dependents may conclude from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from environment.fleet.compose import Condition, Service


class State(StrEnum):
    """The life of a service. Only HEALTHY ever counts as healthy: RUNNING has no health check to prove it."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    COMPLETED = "completed"
    FAILED = "failed"
    EXITED = "exited"
    BLOCKED = "blocked"
    PAUSED = "paused"
    STOPPED = "stopped"


UNSETTLED = frozenset({State.WAITING, State.STARTING})
ALIVE = frozenset({State.STARTING, State.RUNNING, State.HEALTHY, State.UNHEALTHY, State.PAUSED})
BROKEN = frozenset({State.UNHEALTHY, State.FAILED, State.EXITED, State.BLOCKED})
"""States that make a start of the fleet a failure."""


@dataclass
class Unit:
    """A service and its process. Only the supervisor changes it."""

    service: Service
    job: bool
    address: str = ""
    state: State = State.WAITING
    reason: str = ""
    """Why it is in a state that nobody wished for, in words."""
    pid: int | None = None
    exit_code: int | None = None
    overdue: str = ""
    """Not empty: it was still starting when patience ended, which this says in words."""
    healthy_once: bool = False
    """Since the checks began anew."""
    checked_since: float = 0.0
    """Monotonic; when the checks began anew."""
    was_up: bool = False
    """Whether it ever was healthy, or ran without a health check."""
    starts: int = 0
    started_at: float = 0.0
    """Monotonic; of the latest start."""
    settled_after: float | None = None
    """Seconds from the process's start to health or completion."""
    notes: str = ""
    shares_with: str | None = None
    health: asyncio.Task[None] | None = None
    poke: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to have the health check run now."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def settled(self) -> bool:
        """Whether its state can change no more by itself while the fleet starts."""
        return self.state not in UNSETTLED and not (self.job and self.state is State.RUNNING)

    def satisfies(self, condition: Condition) -> bool:
        """Whether a dependent that waits for `condition` may start."""
        match condition:
            case Condition.STARTED:
                return self.state in ALIVE or self.state is State.COMPLETED
            case Condition.HEALTHY:
                return self.state is State.HEALTHY
            case Condition.COMPLETED:
                return self.state is State.COMPLETED

    def rules_out(self, condition: Condition) -> str:
        """Why the condition cannot come about any more; empty while it can."""
        if self.satisfies(condition) or not self.settled:
            return ""
        if self.state is State.RUNNING and condition is Condition.HEALTHY:
            return f"{self.name} has no health check"
        if self.state is State.BLOCKED:
            return f"{self.name} is blocked: {self.headline}"
        return f"{self.name} {self.describe()}"

    @property
    def headline(self) -> str:
        """The reason's first line."""
        return (self.reason.splitlines() or [""])[0]

    def describe(self) -> str:
        """The state in one line, with the head of its reason."""
        words = str(self.state) if self.state in (State.FAILED, State.EXITED, State.COMPLETED) else f"is {self.state}"
        return f"{words}: {self.headline}" if self.reason else words

    def as_json(self, waits_for: Sequence[str] = ()) -> dict[str, Any]:
        """The stable form that `status --json` and the control socket show; `waits_for` names what it still needs."""
        return {
            "name": self.name,
            "kind": "job" if self.job else "service" if self.service.built else "server",
            "state": str(self.state),
            "healthy": self.state is State.HEALTHY,
            "has_health_check": self.service.healthcheck is not None,
            "reason": self.reason,
            "waits_for": list(waits_for),
            "overdue": self.overdue,
            "address": self.address,
            "pid": self.pid,
            "exit_code": self.exit_code,
            "starts": self.starts,
            "uptime_seconds": round(time.monotonic() - self.started_at, 3) if self.state in ALIVE else None,
            "ready_after_seconds": None if self.settled_after is None else round(self.settled_after, 3),
            "shares_with": self.shares_with,
            "notes": self.notes,
        }

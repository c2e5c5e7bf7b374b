"""Crashes in the middle of a story: each chosen process is killed once, at the moment the story names for it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.fleet import ROUTED, FleetControl

PROCESSES = (*ROUTED, "gateway", "deploy-worker", "deploy-controller")
"""The fifteen services, and what works in the background for one of them."""


@dataclass(frozen=True)
class Crash:
    """What was killed, when in the story, and how many seconds it was until it was healthy and routed again."""

    process: str
    moment: str
    seconds: float


@dataclass
class Crashes:
    """Called with a process and a moment; kills what is in `planned`, and starts it again before it returns."""

    fleet: FleetControl
    planned: set[str]
    happened: list[Crash] = field(default_factory=list)

    @classmethod
    def of(cls, fleet: FleetControl, names: Iterable[str]) -> Crashes:
        """Crashes of these processes; `all` stands for every one. Raises ValueError for an unknown name."""
        planned = {process for name in names for process in (PROCESSES if name == "all" else (name,))}
        if unknown := planned - set(PROCESSES):
            raise ValueError(f"no process {', '.join(sorted(unknown))}: choose from all, {', '.join(PROCESSES)}")
        return cls(fleet, planned)

    def __call__(self, process: str, moment: str) -> None:
        if process not in self.planned:
            return
        self.planned.discard(process)
        began = time.monotonic()
        self.fleet.crash(process)
        self.happened.append(Crash(process, moment, time.monotonic() - began))

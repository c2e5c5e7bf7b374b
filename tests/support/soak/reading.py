"""Reads of the platform as it is after a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.soak.calls import Caller
from tests.support.soak.schedule import ROUTES, Schedule


@dataclass
class Reader:
    """Reads for one played schedule."""

    schedule: Schedule

    def ok(self, path: str, caller: Caller = Caller.TENANT, **params: str) -> Any:
        """What a read answers, which must be a success."""
        return self.schedule.callers.api(caller).ok("GET", path, params=params)

    def items(self, path: str, caller: Caller = Caller.TENANT) -> list[dict[str, Any]]:
        """All of a list."""
        return list(self.schedule.callers.api(caller).items(path))

    def listed(self, kind: str) -> list[dict[str, Any]]:
        """All things of a kind."""
        return self.items(ROUTES[kind])

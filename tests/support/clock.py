"""The tests' clock, which is the fleet's. Nothing else in the tests asks the machine what time it is.

The services' clock is the machine's plus the seconds that the fleet was started with: `--at` chooses them, and a fleet
that runs already has its own. So a test that says "ten minutes ago" is right on any day, at any hour, in any zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class FleetClock:
    """The machine's clock, moved as the fleet's is."""

    ahead: float = 0.0
    """Seconds by which the fleet is ahead of the machine while no drill steps its clock."""
    stepped: float = 0.0
    """Seconds by which a drill has stepped it beyond that."""

    def now(self) -> datetime:
        """The present time, aware, in UTC; a drill's step changes nothing about it."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def services_now(self) -> datetime:
        """What the services take for the present time, a drill's step included."""
        return self.now() + timedelta(seconds=self.stepped)

    def start_at(self, moment: datetime) -> None:
        """From here on the present time is `moment`, and goes on from there."""
        self.ahead = (moment - datetime.now(UTC)).total_seconds()


def moment_of(text: str) -> datetime:
    """A time with its zone, such as 2028-02-29T12:00:00Z. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} lacks a zone")
    return moment


clock = FleetClock()
"""The one of this run."""

"""What can be wrong with a fleet, in words that say what to do."""

from __future__ import annotations


class FleetError(Exception):
    """The fleet cannot do what was asked. `hint` is the next thing to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ComposeError(FleetError):
    """The compose file cannot be run as it stands."""


class UnknownService(ComposeError):
    """A service was named that the compose file does not have."""


class DependencyCycle(ComposeError):
    """Services wait for each other; `cycle` lists them, first and last the same."""

    def __init__(self, cycle: list[str]) -> None:
        super().__init__(
            f"services wait for each other: {' -> '.join(cycle)}",
            "Remove one of these `depends_on` entries from the compose file.",
        )
        self.cycle = cycle


class PortInUse(FleetError):
    """A port that the fleet needs is taken."""


class NoFreePorts(FleetError):
    """No block of ports is free."""


class NotEnoughDisk(FleetError):
    """The fleet's folder has too little space."""


class FleetRunning(FleetError):
    """A fleet of this name already runs in this project."""


class NoFleet(FleetError):
    """No fleet of this name runs in this project."""


class NoProject(FleetError):
    """No compose file was found."""

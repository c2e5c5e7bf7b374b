"""What a measurement gives, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a target is met."""

    MET = "met"
    MISSED = "missed"
    NONE = "–"
    """There is no target: the figure is told for itself."""


@dataclass(frozen=True)
class Target:
    """A bound: at most or at least so much, in the figure's unit."""

    bound: float
    at_most: bool = True

    def met_by(self, value: float) -> bool:
        """Whether a value keeps to it; the bound itself does."""
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True)
class Figure:
    """One line of the table. `note` says how it was measured where the name doesn't."""

    name: str
    value: float
    unit: str
    target: Target | None = None
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """Whether its target is met."""
        if self.target is None:
            return Verdict.NONE
        return Verdict.MET if self.target.met_by(self.value) else Verdict.MISSED


def at_most(bound: float) -> Target:
    """The value may be the bound or less."""
    return Target(bound)


def at_least(bound: float) -> Target:
    """The value may be the bound or more."""
    return Target(bound, at_most=False)

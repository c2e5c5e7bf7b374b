"""Active checks: how many equal results in a row change a backend's health (HAProxy's `rise` and `fall`)."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_RISE = 2
DEFAULT_FALL = 3


@dataclass(frozen=True)
class Health:
    """A backend's health, and how many results in a row have contradicted it since."""

    healthy: bool
    contrary: int = 0


def observe(health: Health, passed: bool, rise: int = DEFAULT_RISE, fall: int = DEFAULT_FALL) -> Health:
    """The health after a check.

    `fall` failures in a row make it unhealthy, `rise` successes in a row healthy. A result that agrees with the
    present health begins the count anew, so that only uninterrupted rows count.
    """
    if passed == health.healthy:
        return Health(health.healthy)
    contrary = health.contrary + 1
    needed = rise if passed else fall
    if contrary >= needed:
        return Health(passed)
    return Health(health.healthy, contrary)

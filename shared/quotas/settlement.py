"""Settling reservations by the resource's own events: handled by the service that published them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.events.envelope import Event
from shared.events.inbox import Handler
from shared.quotas.reservations import Quotas


@dataclass(frozen=True)
class Counted:
    """A kind of thing that counts: the events that tell that one exists and that it is gone, and what it counts as."""

    made: str
    gone: str
    resources: tuple[str, ...]

    def reservations(self, event: Event) -> list[str]:
        """The reservations of the event's subject."""
        return [f"{event.subject}.{resource}" for resource in self.resources]


def settlements(quotas: Quotas, *kinds: Counted) -> dict[str, Handler]:
    """Handlers by event type. One that fails is tried again with its event until the tenants service answers."""
    handlers: dict[str, Handler] = {}
    for kind in kinds:
        handlers[kind.made] = _settle(quotas.commit, kind)
        handlers[kind.gone] = _settle(quotas.release, kind)
    return handlers


def _settle(step: Callable[[Iterable[str]], None], kind: Counted) -> Handler:
    def handle(event: Event, _transaction: Any) -> None:
        step(kind.reservations(event))

    return handle

"""The topics of the event bus: one for each producing service, and one for what could not be handled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared import services
from shared.events.envelope import ANY_TYPE, InvalidEvent, service_of

EVENT_PARTITIONS = 3
"""Subjects are spread over these; three consumers of a group can share a topic."""
EVENT_RETENTION = timedelta(days=7)
"""How long a consumer may be away and still catch up."""
DEAD_LETTERS = "dead-letters"
DEAD_LETTER_RETENTION = timedelta(days=30)
"""Time for a person to look at what failed, and to replay it."""


@dataclass(frozen=True)
class Topic:
    """A topic as it is created."""

    name: str
    partitions: int
    retention: timedelta

    @property
    def config(self) -> dict[str, str]:
        """Broker-side settings of the topic."""
        return {"retention.ms": str(int(self.retention.total_seconds() * 1000)), "cleanup.policy": "delete"}


def topic_name(service: str) -> str:
    """The topic that a service publishes to."""
    return f"{service}.events"


def topic_of(event_type: str) -> str:
    """The topic of an event type: its producer's. Raises InvalidEvent for a type of another form."""
    return topic_name(service_of(event_type))


def topics_for(event_types: frozenset[str]) -> tuple[str, ...]:
    """What a consumer of these types subscribes to, sorted; every service's topic when `*` is among them.

    Raises InvalidEvent for a type whose first word is no service: its events would never come.
    """
    if ANY_TYPE in event_types:
        return tuple(sorted(topic_name(service) for service in services.NAMES))
    unknown = sorted({service_of(event_type) for event_type in event_types} - set(services.NAMES))
    if unknown:
        raise InvalidEvent(f"no service publishes events named {', '.join(unknown)}.…")
    return tuple(sorted({topic_of(event_type) for event_type in event_types}))


TOPICS: tuple[Topic, ...] = (
    *(Topic(topic_name(service), EVENT_PARTITIONS, EVENT_RETENTION) for service in services.NAMES),
    Topic(DEAD_LETTERS, 1, DEAD_LETTER_RETENTION),
)
"""Everything that must exist before the first service starts."""

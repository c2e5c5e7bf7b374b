"""What becomes of an event that could not be handled: try again later, or put it aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2

from shared.errors import OmniCloudError
from shared.events.envelope import InvalidEvent
from shared.events.schema import InvalidEventData, UnknownEventType

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Another service is overloaded, away or slow."""
TRANSIENT_ERRORS = (psycopg2.OperationalError, psycopg2.InterfaceError, ConnectionError, TimeoutError)
"""The database is away, or chose this transaction to break a deadlock or a serialisation conflict; a broken network."""
UNREADABLE_ERRORS = (InvalidEvent, InvalidEventData, UnknownEventType)
"""No number of attempts makes such an event readable."""


@dataclass(frozen=True)
class Retry:
    """Handle the event again after `delay` seconds."""

    delay: float


@dataclass(frozen=True)
class PutAside:
    """Write the event to the dead letters, and go on."""

    reason: str


@dataclass(frozen=True)
class RetryPolicy:
    """Back-off doubles from `first_delay` up to `max_delay` seconds.

    A transient error is retried for as long as it lasts: the event is not to blame, and putting it aside would lose
    its effect. Any other error is given `attempts` in all.
    """

    attempts: int = 5
    first_delay: float = 0.1
    max_delay: float = 5.0

    def decide(self, error: BaseException, attempt: int) -> Retry | PutAside:
        """What to do after attempt number `attempt` (from 1) ended with `error`."""
        if isinstance(error, UNREADABLE_ERRORS):
            return PutAside(error.code)
        if attempt >= self.attempts and not is_transient(error):
            return PutAside("handler_failed")
        return Retry(min(self.first_delay * 2 ** min(attempt - 1, 30), self.max_delay))


def is_transient(error: BaseException) -> bool:
    """Whether the same event may well be handled later, without any change to it or to the code."""
    return any(
        cause.status in TRANSIENT_STATUSES if isinstance(cause, OmniCloudError) else isinstance(cause, TRANSIENT_ERRORS)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: both ORMs wrap the driver's errors that way."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__

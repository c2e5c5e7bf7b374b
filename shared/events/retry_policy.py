"""What becomes of an event that could not be handled: try again later, or put it aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2

from shared.errors import OmniCloudError
from shared.events.envelope import InvalidEvent
from shared.events.schema import InvalidEventData, UnknownEventType
from shared.infra.db.refusals import refusal_of

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Another service is overloaded, away or slow."""
TRANSIENT_ERRORS = (psycopg2.OperationalError, psycopg2.InterfaceError, ConnectionError, TimeoutError)
"""The database is away, or chose this transaction to break a deadlock or a serialisation conflict; a broken network."""
DOUBTFUL_STATUS = 500
"""Another service failed: by this event, or for as long as something is wrong with it."""
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
    its effect. What may be either's fault, another service's internal error, is given `doubtful_attempts`, some five
    minutes; any other error `attempts`. Only attempts that didn't end with a transient error count.
    """

    attempts: int = 5
    doubtful_attempts: int = 60
    first_delay: float = 0.1
    max_delay: float = 5.0

    def decide(self, error: BaseException, attempt: int, faults: int | None = None) -> Retry | PutAside:
        """What to do after attempt number `attempt` (from 1) ended with `error`. `faults` is how many of the attempts,
        this one included, count; all, unless told."""
        if isinstance(error, UNREADABLE_ERRORS):
            return PutAside(error.code)
        most = self.doubtful_attempts if is_doubtful(error) else self.attempts
        if (attempt if faults is None else faults) >= most and not is_transient(error):
            return PutAside("handler_failed")
        return Retry(min(self.first_delay * 2 ** min(attempt - 1, 30), self.max_delay))


def is_transient(error: BaseException) -> bool:
    """Whether the same event may well be handled later, without any change to it or to the code."""
    return any(map(_passes, _causes(error)))


def is_doubtful(error: BaseException) -> bool:
    """Whether it can't be told if the event or its surroundings are at fault."""
    return any(isinstance(cause, OmniCloudError) and cause.status == DOUBTFUL_STATUS for cause in _causes(error))


def _passes(cause: BaseException) -> bool:
    if isinstance(cause, OmniCloudError):
        return cause.status in TRANSIENT_STATUSES
    refusal = refusal_of(cause)
    return isinstance(cause, TRANSIENT_ERRORS) or (refusal is not None and refusal.status in TRANSIENT_STATUSES)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: both ORMs wrap the driver's errors that way."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__

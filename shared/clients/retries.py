"""Which failed calls may be repeated. Repeating must never double an effect."""

from __future__ import annotations

from typing import Any

from shared.clients.errors import UpstreamUnavailable

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 §9.2.2."""
RETRYABLE_STATUSES = frozenset({502, 503, 504})
"""The upstream, or something behind it, is away for the moment."""
STILL_BEING_ANSWERED = "idempotency_key_in_use"
"""An earlier attempt that was given up is still at work: its answer can be had a moment later."""
ATTEMPTS = 3
MOST_ATTEMPTS = 100
"""With those whose answer is still being worked out: as many as fit a usual budget of fifteen seconds."""
FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.05, 0.5


def repeatable(method: str, idempotency_key: str | None) -> bool:
    """Whether carrying the request out twice is the same as once: by its method, or because it has a key."""
    return method.upper() in IDEMPOTENT_METHODS or bool(idempotency_key)


def worth_retrying(error: BaseException, may_repeat: bool) -> bool:
    """Whether another attempt may follow `error`.

    A request that never reached the upstream may always be sent again; any other only when it is repeatable and the
    failure is one that passes. What the caller itself refused (open circuit, no instance, no time) isn't tried again.
    """
    if isinstance(error, UpstreamUnavailable):
        return may_repeat or not error.reached
    if not may_repeat or not isinstance(error, UpstreamAnswered):
        return False
    return error.status in RETRYABLE_STATUSES or still_being_answered(error)


def still_being_answered(error: BaseException) -> bool:
    """Whether the upstream is at work on an earlier attempt of the same request."""
    return isinstance(error, UpstreamAnswered) and getattr(error.answer, "code", None) == STILL_BEING_ANSWERED


class Attempts:
    """Says after each failed attempt whether another may follow: ATTEMPTS in all for what fails, and as many as the
    deadline has time for while an earlier attempt is still being answered, which is no failure."""

    def __init__(self, may_repeat: bool) -> None:
        self._may_repeat = may_repeat
        self._left = ATTEMPTS - 1
        self._last: BaseException | None = None

    def __call__(self, error: BaseException) -> bool:
        """Whether another may follow this one; an error that is asked about twice counts once."""
        if not worth_retrying(error, self._may_repeat):
            return False
        if error is not self._last and not still_being_answered(error):
            self._left -= 1
        self._last = error
        return self._left >= 0


class UpstreamAnswered(Exception):
    """Carries an upstream's error answer through the retries, apart from errors of the caller's own making.

    `answer` is whatever the caller makes of it once there are no more attempts.
    """

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"the upstream answered {status}")
        self.status = status
        self.answer = answer

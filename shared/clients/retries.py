"""Which failed calls may be repeated. Repeating must never double an effect."""

from __future__ import annotations

from shared.clients.errors import UpstreamUnavailable
from shared.errors import OmniCloudError

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 §9.2.2."""
RETRYABLE_STATUSES = frozenset({502, 503, 504})
"""The upstream, or something behind it, is away for the moment."""
ATTEMPTS = 3
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
    return may_repeat and isinstance(error, UpstreamAnswered) and error.answer.status in RETRYABLE_STATUSES


class UpstreamAnswered(Exception):
    """Carries an upstream's error answer through the retries, apart from errors of the caller's own making."""

    def __init__(self, answer: OmniCloudError) -> None:
        super().__init__(answer.detail)
        self.answer = answer

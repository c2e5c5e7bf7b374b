"""Which attempts may be repeated. Repeating must never double an effect."""

from __future__ import annotations

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 §9.2.2."""
RETRYABLE_STATUSES = frozenset({502, 503, 504})
MAX_ATTEMPTS = 3


def may_retry(method: str, has_idempotency_key: bool, attempt: int, connected: bool) -> bool:
    """Whether another attempt may follow attempt number `attempt` (from 1).

    A request that never reached an upstream may always be sent again; one that may have been handled only when it is
    idempotent by its method or carries an idempotency key.
    """
    if attempt >= MAX_ATTEMPTS:
        return False
    return not connected or method in IDEMPOTENT_METHODS or has_idempotency_key


def is_failure(status: int) -> bool:
    """Whether an upstream's answer counts against it in the circuit breaker: 5xx does, 4xx is the caller's fault."""
    return status >= 500

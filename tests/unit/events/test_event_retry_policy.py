"""Try again, or put aside."""

import psycopg2
import pytest

from shared.errors import (
    BadGateway,
    Conflict,
    DeadlineExceeded,
    NotFound,
    OmniCloudError,
    ServiceUnavailable,
    TooManyRequests,
    ValidationFailed,
)
from shared.events.envelope import InvalidEvent
from shared.events.retry_policy import PutAside, Retry, RetryPolicy, is_transient
from shared.events.schema import InvalidEventData, UnknownEventType

POLICY = RetryPolicy(attempts=5, first_delay=0.1, max_delay=5.0)


def wrapped(cause: Exception) -> Exception:
    """An ORM's error around the driver's."""
    try:
        try:
            raise cause
        except Exception as error:
            raise RuntimeError("the ORM's") from error
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(("error", "reason"), [
    (InvalidEvent("no JSON"), "invalid_event"),
    (InvalidEventData("id is missing"), "invalid_event_data"),
    (UnknownEventType("what"), "unknown_event_type"),
])  # fmt: skip
def test_what_cannot_be_read_is_put_aside_at_once(error: Exception, reason: str) -> None:
    assert POLICY.decide(error, 1) == PutAside(reason)


@pytest.mark.parametrize("error", [Conflict("no"), NotFound("gone"), ValidationFailed("bad"), KeyError("id")])
def test_a_failing_handler_is_given_five_attempts(error: Conflict | NotFound | ValidationFailed | KeyError) -> None:
    assert [POLICY.decide(error, attempt) for attempt in range(1, 6)] == [
        Retry(0.1), Retry(0.2), Retry(0.4), Retry(0.8), PutAside("handler_failed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        ServiceUnavailable("away"), BadGateway("broken"), DeadlineExceeded("slow"), TooManyRequests("full"),
        psycopg2.OperationalError("server closed the connection"), psycopg2.InterfaceError("connection closed"),
        psycopg2.errors.SerializationFailure("try again"), psycopg2.errors.DeadlockDetected("victim"),
        ConnectionResetError(), TimeoutError(), wrapped(psycopg2.OperationalError("gone")),
    ],
)  # fmt: skip
def test_what_passes_by_itself_is_retried_for_as_long_as_it_lasts(error: Exception) -> None:
    assert POLICY.decide(error, 5) == Retry(1.6)
    assert POLICY.decide(error, 1000) == Retry(5.0)


class ReadOnly(psycopg2.errors.ReadOnlySqlTransaction):
    """As the server's answer makes one."""

    pgcode = "25006"


def test_a_read_only_database_is_waited_for() -> None:
    error = wrapped(ReadOnly("cannot execute INSERT in a read-only transaction"))
    assert POLICY.decide(error, 1000) == Retry(5.0)


def test_another_services_internal_error_is_given_minutes() -> None:
    error = OmniCloudError("tenants answered 500")
    waits = []
    attempt = 1
    while isinstance(verdict := POLICY.decide(error, attempt), Retry):
        waits.append(verdict.delay)
        attempt += 1
    assert 240 < sum(waits) < 360


def test_attempts_that_failed_by_the_surroundings_are_not_counted() -> None:
    assert POLICY.decide(KeyError("id"), 40, faults=4) == Retry(5.0)
    assert POLICY.decide(KeyError("id"), 40, faults=5) == PutAside("handler_failed")


@pytest.mark.parametrize(
    "error", [OmniCloudError("500"), psycopg2.errors.UniqueViolation("twice"), ValueError(), wrapped(KeyError("x"))]
)
def test_what_does_not_pass_is_not_transient(error: Exception) -> None:
    assert not is_transient(error)

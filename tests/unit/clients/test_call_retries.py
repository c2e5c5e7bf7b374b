"""Which failed calls are repeated."""

import pytest

from shared.clients.errors import CircuitOpen, NoInstance, UpstreamNotReached, UpstreamUnavailable, error_class
from shared.clients.retries import ATTEMPTS, Attempts, UpstreamAnswered, repeatable, worth_retrying
from shared.errors import DeadlineExceeded


@pytest.mark.parametrize(
    ("method", "key", "may_repeat"),
    [
        ("GET", None, True), ("HEAD", None, True), ("PUT", None, True), ("DELETE", None, True), ("get", None, True),
        ("POST", None, False), ("PATCH", None, False), ("POST", "", False),
        ("POST", "k-1", True), ("PATCH", "k-1", True),
    ],
)  # fmt: skip
def test_a_request_is_repeatable_by_its_method_or_its_key(method: str, key: str | None, may_repeat: bool) -> None:
    assert repeatable(method, key) is may_repeat


@pytest.mark.parametrize(
    ("error", "with_key", "without_key"),
    [
        (UpstreamNotReached("refused"), True, True),
        (UpstreamUnavailable("reset"), True, False),
        (UpstreamAnswered(503, error_class(503, "service_unavailable")()), True, False),
        (UpstreamAnswered(502, error_class(502, "bad_gateway")()), True, False),
        (UpstreamAnswered(504, error_class(504, "deadline_exceeded")()), True, False),
        (UpstreamAnswered(500, error_class(500, "internal_error")()), False, False),
        (UpstreamAnswered(429, error_class(429, "rate_limited")()), False, False),
        (UpstreamAnswered(409, error_class(409, "conflict")()), False, False),
        (UpstreamAnswered(404, error_class(404, "not_found")()), False, False),
        (CircuitOpen("open"), False, False),
        (NoInstance("none"), False, False),
        (DeadlineExceeded("late"), False, False),
        (ValueError("a mistake"), False, False),
        (UpstreamAnswered(409, error_class(409, "idempotency_key_in_use")()), True, False),
    ],
)
def test_only_what_passes_is_tried_again_and_only_if_it_cannot_double_an_effect(
    error: BaseException,
    with_key: bool,
    without_key: bool,
) -> None:
    assert worth_retrying(error, may_repeat=True) is with_key
    assert worth_retrying(error, may_repeat=False) is without_key


def test_waiting_for_the_answer_to_an_earlier_attempt_uses_up_none() -> None:
    attempts = Attempts(may_repeat=True)
    assert all(attempts(UpstreamAnswered(409, error_class(409, "idempotency_key_in_use")())) for _ in range(50))
    failures = [UpstreamAnswered(503, error_class(503, "service_unavailable")()) for _ in range(ATTEMPTS)]
    assert [(attempts(error), attempts(error)) for error in failures] == [(True, True), (True, True), (False, False)]
    assert not Attempts(may_repeat=False)(UpstreamAnswered(409, error_class(409, "idempotency_key_in_use")()))

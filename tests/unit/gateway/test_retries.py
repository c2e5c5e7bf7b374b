"""Which attempts may be repeated."""

import pytest

from services.gateway.domain.retries import MAX_ATTEMPTS, is_failure, may_retry


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_idempotent_methods_may_be_repeated(method):
    assert may_retry(method, has_idempotency_key=False, attempt=1, connected=True)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_others_only_with_an_idempotency_key(method):
    assert not may_retry(method, has_idempotency_key=False, attempt=1, connected=True)
    assert may_retry(method, has_idempotency_key=True, attempt=1, connected=True)


def test_what_never_reached_the_upstream_may_always_be_repeated():
    assert may_retry("POST", has_idempotency_key=False, attempt=1, connected=False)


def test_attempts_are_capped():
    assert may_retry("GET", False, MAX_ATTEMPTS - 1, True)
    assert not may_retry("GET", False, MAX_ATTEMPTS, True)


@pytest.mark.parametrize(("status", "failure"), [(200, False), (404, False), (429, False), (500, True), (503, True)])
def test_only_server_errors_count_against_an_upstream(status, failure):
    assert is_failure(status) is failure

"""What an upstream's error answer becomes."""

from typing import Any

import httpx
import pytest

from shared import errors
from shared.clients.errors import error_class, error_of
from shared.errors import Conflict, Forbidden, NotFound, OmniCloudError, QuotaExceeded, ServiceUnavailable


def answer(status: int, **content: Any) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "http://tenants.service/v1/x"), **content)


def test_status_code_detail_and_extra_members_are_kept() -> None:
    body = {
        "type": "/problems/cidr_overlap", "title": "Conflict", "status": 409, "code": "cidr_overlap",
        "detail": "10.0.0.0/16 overlaps", "instance": "/v1/vpcs", "correlation_id": "c-1", "overlaps": ["vpc-1"],
    }  # fmt: skip

    error = error_of(answer(409, json=body))

    assert isinstance(error, Conflict)
    assert (error.status, error.code, error.detail) == (409, "cidr_overlap", "10.0.0.0/16 overlaps")
    assert error.extra == {"overlaps": ["vpc-1"]}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "bad_request", errors.BadRequest), (401, "unauthenticated", errors.Unauthenticated),
        (403, "forbidden", Forbidden), (403, "quota_exceeded", QuotaExceeded), (403, "tenant_suspended", Forbidden),
        (404, "not_found", NotFound), (404, "no_such_zone", NotFound), (409, "lock_held", Conflict),
        (412, "version_conflict", errors.VersionConflict), (422, "anything", errors.ValidationFailed),
        (423, "state_locked", errors.Locked), (429, "rate_limited", errors.TooManyRequests),
        (503, "vault_sealed", ServiceUnavailable), (504, "deadline_exceeded", errors.DeadlineExceeded),
    ],
)  # fmt: skip
def test_callers_can_catch_by_class(status: int, code: str, kind: type[OmniCloudError]) -> None:
    error = error_class(status, code)("detail")

    assert isinstance(error, kind)
    assert (error.status, error.code) == (status, code)


def test_a_special_forbidden_is_not_a_quota_error() -> None:
    assert not isinstance(error_class(403, "tenant_suspended")(), QuotaExceeded)


@pytest.mark.parametrize("status", [418, 451, 500])
def test_other_statuses_are_plain_platform_errors(status: int) -> None:
    kind = error_class(status, "odd")

    assert kind.__mro__[1] is OmniCloudError
    assert (kind.status, kind.code) == (status, "odd")


@pytest.mark.parametrize("content", [{"text": "<html>oops</html>"}, {"json": ["a list"]}, {"content": b""}])
def test_an_answer_that_is_no_problem_body_still_has_status_and_code(content: dict[str, Any]) -> None:
    error = error_of(answer(502, **content))

    assert isinstance(error, errors.BadGateway)
    assert (error.code, error.detail) == ("bad_gateway", "tenants.service answered 502")

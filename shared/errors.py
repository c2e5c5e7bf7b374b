"""One base for every error that leaves a service.

An error has an HTTP status, a permanent machine code and a sentence for people; the web layer turns it into an
RFC 9457 problem body. Services subclass the classes below and give their own `code`; a code never changes once
it is published, because callers switch on it.
"""

from __future__ import annotations

from typing import Any, ClassVar


class OmniCloudError(Exception):
    """Base of all expected errors. `extra` members are added to the problem body as they are."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = extra

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that belong to the answer, for example `Retry-After`."""
        retry_after = self.extra.get("retry_after")
        return {} if retry_after is None else {"Retry-After": str(retry_after)}


class ValidationFailed(OmniCloudError):
    """The request is well-formed but its content is refused."""

    status, code, title = 422, "validation_failed", "Validation failed"


class BadRequest(OmniCloudError):
    """The request can't be parsed."""

    status, code, title = 400, "bad_request", "Bad request"


class Unauthenticated(OmniCloudError):
    """Nobody, or nobody that can be verified, sent the request."""

    status, code, title = 401, "unauthenticated", "Authentication required"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(OmniCloudError):
    """The caller is known and may not do this."""

    status, code, title = 403, "forbidden", "Forbidden"


class QuotaExceeded(OmniCloudError):
    """The tenant's quota doesn't allow what was asked for."""

    status, code, title = 403, "quota_exceeded", "Quota exceeded"


class NotFound(OmniCloudError):
    """There is no such resource in the caller's tenant."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(OmniCloudError):
    """The resource exists and doesn't support the method."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class Conflict(OmniCloudError):
    """The request contradicts the resource's present state."""

    status, code, title = 409, "conflict", "Conflict"


class Locked(OmniCloudError):
    """Somebody else holds the lock (RFC 4918, 423)."""

    status, code, title = 423, "locked", "Locked"


class VersionConflict(OmniCloudError):
    """The version the caller read is not the present one: read again, decide again, retry."""

    status, code, title = 412, "version_conflict", "The resource has changed since it was read"


class TooManyRequests(OmniCloudError):
    """A rate limit is used up; `retry_after` says when to try again, in seconds."""

    status, code, title = 429, "rate_limited", "Too many requests"


class BadGateway(OmniCloudError):
    """An upstream answered nonsense or dropped the connection."""

    status, code, title = 502, "bad_gateway", "Bad gateway"


class ServiceUnavailable(OmniCloudError):
    """A dependency that is needed for the answer is not available now."""

    status, code, title = 503, "service_unavailable", "Service unavailable"


class DeadlineExceeded(OmniCloudError):
    """The caller's time budget ran out."""

    status, code, title = 504, "deadline_exceeded", "Deadline exceeded"

"""One base for every error that leaves a service.

An error has an HTTP status, a permanent machine code and a sentence for people; the web layer turns it into an
RFC 9457 problem body. Services subclass the classes below and give their own `code`; status and title come from the
list in `shared.error_codes`, which has every code once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from shared.error_codes import BY_CODE

SOON_SECONDS = 1


class OmniCloudError(Exception):
    """Base of all expected errors. `extra` members are added to the problem body as they are.

    A class whose `code` comes from elsewhere, as another service's does, is made with `listed=False` and brings its
    own status and title. Every other class with a `code` that isn't in the list, or whose status there isn't its
    parent's, is a TypeError when it is defined.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = BY_CODE[code].status
    title: ClassVar[str] = BY_CODE[code].title

    def __init_subclass__(cls, *, listed: bool = True, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if listed:
            cls._take_from_list()

    @classmethod
    def _take_from_list(cls) -> None:
        """Status and title of the class's own code. Raises TypeError, which says what to mend."""
        own = vars(cls)
        if "status" in own or "title" in own:
            raise TypeError(f"{cls.__name__}: status and title stand in shared/error_codes.py; declare the code alone")
        if "code" not in own:
            return
        entry = BY_CODE.get(cls.code)
        if entry is None:
            raise TypeError(f"{cls.__name__}: add {cls.code!r} to shared/error_codes.py, with its status and meaning")
        parent = next(base for base in cls.__bases__ if issubclass(base, OmniCloudError))
        if parent is not OmniCloudError and entry.status != parent.status:
            raise TypeError(
                f"{cls.__name__}: {cls.code!r} has status {entry.status} in shared/error_codes.py, and "
                f"{parent.__name__} has {parent.status}: correct the list, or derive it from an error of {entry.status}"
            )
        cls.status, cls.title = entry.status, entry.title

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = extra

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that belong to the answer. Every 503 says when to come back (RFC 9110 §10.2.3), in a second
        unless the error knows better."""
        retry_after = self.extra.get("retry_after", SOON_SECONDS if self.status == 503 else None)
        return {} if retry_after is None else {"Retry-After": str(retry_after)}


class ValidationFailed(OmniCloudError):
    """The request is well-formed but its content is refused."""

    code = "validation_failed"


class BadRequest(OmniCloudError):
    """The request can't be parsed."""

    code = "bad_request"


class Unauthenticated(OmniCloudError):
    """Nobody, or nobody that can be verified, sent the request."""

    code = "unauthenticated"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(OmniCloudError):
    """The caller is known and may not do this."""

    code = "forbidden"


class TenantNotActive(Forbidden):
    """A suspended or closed tenant gets nothing new. Said by the tenants service and by those that it has told."""

    code = "tenant_not_active"


class PayloadTooLarge(OmniCloudError):
    """The body is larger than what is taken here."""

    code = "payload_too_large"


class QuotaExceeded(OmniCloudError):
    """The tenant's quota doesn't allow what was asked for."""

    code = "quota_exceeded"


class NotFound(OmniCloudError):
    """There is no such resource in the caller's tenant."""

    code = "not_found"


class MethodNotAllowed(OmniCloudError):
    """The resource exists and doesn't support the method."""

    code = "method_not_allowed"


class Conflict(OmniCloudError):
    """The request contradicts the resource's present state."""

    code = "conflict"


class Locked(OmniCloudError):
    """Somebody else holds the lock (RFC 4918, 423)."""

    code = "locked"


class VersionConflict(OmniCloudError):
    """The version the caller read is not the present one: read again, decide again, retry."""

    code = "version_conflict"


class SecretVersionConflict(VersionConflict):
    """The secret has another version than the writer expected. Said by the secrets' rules and by their store alike."""

    code = "secret_version_conflict"


class TooManyRequests(OmniCloudError):
    """A rate limit is used up; `retry_after` says when to try again, in seconds."""

    code = "rate_limited"


class BadGateway(OmniCloudError):
    """An upstream answered nonsense or dropped the connection."""

    code = "bad_gateway"


class ServiceUnavailable(OmniCloudError):
    """A dependency that is needed for the answer is not available now."""

    code = "service_unavailable"


class Busy(ServiceUnavailable):
    """What is to be changed is being changed by others: nothing was done, try again."""

    code = "busy"


class DeadlineExceeded(OmniCloudError):
    """The caller's time budget ran out."""

    code = "deadline_exceeded"

"""The refusals of the HTTP API. Their text is the body, as Consul answers plain text."""

from __future__ import annotations


class ApiError(Exception):
    """A request that is refused with `status` and a plain text body."""

    status = 500

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class BadRequest(ApiError):
    """400"""

    status = 400


class AclDisabled(ApiError):
    """401: an ACL end point while ACLs are off."""

    status = 401

    def __init__(self) -> None:
        super().__init__("ACL support disabled")


class Denied(ApiError):
    """403"""

    status = 403


class TokenNotFound(Denied):
    """403: the request carries a token that nobody made."""

    def __init__(self) -> None:
        super().__init__("ACL not found")


class Missing(ApiError):
    """404"""

    status = 404


class MethodNotAllowed(ApiError):
    """405"""

    status = 405

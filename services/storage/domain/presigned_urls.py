"""Presigned URLs: a bearer may do one method on one object until a time (AWS Signature Version 4, query form)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.errors import Forbidden, ValidationFailed

METHODS = frozenset({"GET", "PUT", "HEAD", "DELETE"})
MAX_EXPIRY = timedelta(days=7)
"""Signature Version 4's longest expiry: 604,800 seconds."""


class InvalidPresign(ValidationFailed):
    """A method or an expiry that can't be signed."""

    code = "invalid_presign"


class SignatureMismatch(Forbidden):
    """The signature isn't one for this method, object and expiry."""

    code = "signature_mismatch"


class UrlRevoked(Forbidden):
    """Whoever signed it was disabled, or lost a role, since then."""

    code = "url_revoked"


class UrlExpired(Forbidden):
    """The signature was valid once."""

    code = "url_expired"


@dataclass(frozen=True)
class Grant:
    """What a presigned URL allows, all of it under the signature. `expires_at` is in Unix seconds.

    `signer` is who asked for it, `signed_at` when, in Unix milliseconds: a URL is worth no more than its signer.
    """

    method: str
    tenant_id: str
    bucket: str
    key: str
    version_id: str
    expires_at: int
    signer: str = ""
    signed_at: int = 0


def grant(
    method: str,
    tenant_id: str,
    bucket: str,
    key: str,
    version_id: str,
    expires_in: timedelta,
    now: datetime,
    signer: str = "",
) -> Grant:
    """A grant from now. Raises InvalidPresign."""
    if method not in METHODS:
        raise InvalidPresign(f"{method!r} is none of {', '.join(sorted(METHODS))}")
    if not timedelta(seconds=1) <= expires_in <= MAX_EXPIRY:
        raise InvalidPresign(f"the expiry is from 1 to {int(MAX_EXPIRY.total_seconds())} seconds")
    expires_at = int((now + expires_in).timestamp())
    return Grant(method, tenant_id, bucket, key, version_id, expires_at, signer, milliseconds(now))


def sign(allowed: Grant, secret: str) -> str:
    """Hex HMAC-SHA256 over every field, each with its length in front so that no two grants read alike."""
    fields = (allowed.method, allowed.tenant_id, allowed.bucket, allowed.key, allowed.version_id)
    signed = (*fields, str(allowed.expires_at), allowed.signer, str(allowed.signed_at))
    text = "".join(f"{len(field.encode())}:{field}" for field in signed)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def verify(asked: Grant, signature: str, secret: str, now: datetime) -> None:
    """Raises SignatureMismatch, or UrlExpired at the expiry itself and after it."""
    if not hmac.compare_digest(sign(asked, secret).encode(), signature.encode()):
        raise SignatureMismatch("the signature does not match the method, object and expiry of this request")
    if now.timestamp() >= asked.expires_at:
        raise UrlExpired("the URL has expired; ask for a new one")


def ensure_signer(asked: Grant, ended_at: datetime | None) -> None:
    """Raise UrlRevoked when a right of the signer's ended after signing; `ended_at` is when one last did."""
    if ended_at is not None and asked.signed_at <= milliseconds(ended_at):
        raise UrlRevoked("whoever made this URL may no longer do so; ask for a new one")


def milliseconds(moment: datetime) -> int:
    """A time in Unix milliseconds."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

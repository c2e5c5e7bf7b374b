"""Time-based one-time passwords (RFC 6238 over RFC 4226), each usable once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

from shared.errors import Unauthenticated

STEP_SECONDS = 30
"""RFC 6238 §5.2 recommends 30 seconds."""

DIGITS = 6
SKEW_STEPS = 1
"""Steps accepted on each side for the drift of the other clock (RFC 6238 §5.2: at most one is recommended)."""

SECRET_BYTES = 20
"""The length of the hash, 160 bits (RFC 4226 §4, R6)."""


class InvalidCode(Unauthenticated):
    """The code is wrong, too old, or was used before; the caller isn't told which."""

    code = "invalid_totp"


def step_at(now: datetime) -> int:
    """The number of the 30-second step since 1970 that a time falls in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_for(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step: HMAC-SHA-1 with dynamic truncation (RFC 4226 §5.3)."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def verify(secret: bytes, code: str, now: datetime, last_step: int | None) -> int:
    """The step that a code belongs to; the caller keeps it as the next `last_step`.

    A code counts once (RFC 6238 §5.2): steps up to and including `last_step` are never accepted again. A
    `last_step` minutes ahead is of a clock that was set back, and would keep its owner out until that time comes again.
    Raises InvalidCode.
    """
    present = step_at(now)
    minutes_ahead = present + 10 * SKEW_STEPS
    for step in range(present - SKEW_STEPS, present + SKEW_STEPS + 1):
        spent = last_step is not None and step <= last_step <= minutes_ahead
        if not spent and hmac.compare_digest(code_for(secret, step).encode(), code.encode()):
            return step
    raise InvalidCode("the one-time code is not valid")


def provisioning_uri(secret: bytes, account: str, issuer: str = "OmniCloud") -> str:
    """The `otpauth://` URI that authenticator apps read from a QR code (Google's Key URI Format)."""
    label = quote(f"{issuer}:{account}")
    query = urlencode({"secret": encode_secret(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS})
    return f"otpauth://totp/{label}?{query}"


def encode_secret(secret: bytes) -> str:
    """A secret in unpadded Base32, as people type it."""
    return base64.b32encode(secret).decode().rstrip("=")

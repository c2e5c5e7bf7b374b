"""Users whose credentials the test knows, and one-time codes as an authenticator app computes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.clock import clock
from tests.support.identities import Tenant, random_address

STEP_SECONDS = 30


@dataclass
class Person:
    """A user, and how they log in."""

    id: str
    tenant_id: str
    email: str
    password: str
    anonymous: Api

    def try_log_in(self, **fields: Any) -> httpx.Response:
        """The answer to a log-in; `fields` replace or add to what is sent."""
        body = {"tenant_id": self.tenant_id, "email": self.email, "password": self.password, **fields}
        return self.anonymous.post("/api/auth/v1/tokens", json=body)

    def log_in(self, **fields: Any) -> dict[str, Any]:
        """The tokens of a log-in that must succeed."""
        answer = self.try_log_in(**fields)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def refresh(self, token: str) -> httpx.Response:
        """The answer to showing a refresh token."""
        body = {"grant_type": "refresh_token", "refresh_token": token}
        return self.anonymous.post("/api/auth/v1/tokens", json=body)

    def api(self) -> Api:
        """The user's API, with a token of now."""
        return Api(self.anonymous.url, self.log_in()["access_token"])


def new_person(tenant: Tenant, *roles: str, scope: str = "tenant") -> Person:
    """A fresh user of the tenant, holding the roles in the scope."""
    email, password = f"person-{secrets.token_hex(6)}@example.test", secrets.token_urlsafe(18)
    body = {"email": email, "password": password, "grants": [{"role": role, "scope": scope} for role in roles]}
    created = tenant.operator.ok("POST", "/api/auth/v1/users", 201, json=body)
    anonymous = Api(tenant.api.url, headers={"X-Forwarded-For": random_address()})
    return Person(created["id"], tenant.id, email, password, anonymous)


def code_of(secret: str, steps_ahead: int = 0) -> str:
    """The six digits that an authenticator shows for a Base32 secret (RFC 6238), now or some steps later."""
    step = int(clock.now().timestamp()) // STEP_SECONDS + steps_ahead
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    number = int.from_bytes(mac[(place := mac[-1] & 15) : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"

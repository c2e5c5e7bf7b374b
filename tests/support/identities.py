"""Tenants, users and tokens for tests, made through the public API."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.api import Api
from tests.support.clock import clock

OPERATOR_EMAIL = os.environ.get("OMNICLOUD_OPERATOR_EMAIL", "operator@omnicloud.example")
OPERATOR_PASSWORD = os.environ.get("OMNICLOUD_OPERATOR_PASSWORD", "correct-horse-battery-staple")


@dataclass
class Tenant:
    """A tenant and its administrator's API."""

    id: str
    name: str
    api: Api
    operator: Api
    """The platform operator, acting in this tenant."""

    def user(self, *roles: str, scope: str = "tenant") -> Api:
        """A fresh user's API, holding the roles in the scope."""
        return create_user(self.operator, self.id, [{"role": role, "scope": scope} for role in roles])


def login(url: str, tenant_id: str, email: str, password: str) -> Api:
    """The API of a user that exists."""
    return Api(url, issue_tokens(url, tenant_id, email, password)["access_token"])


def issue_tokens(url: str, tenant_id: str, email: str, password: str) -> dict[str, Any]:
    """The answer to a log-in that must succeed: tokens, and for how many seconds the access token is good."""
    anonymous = Api(url, headers={"X-Forwarded-For": random_address()})
    body = {"tenant_id": tenant_id, "email": email, "password": password}
    answer: dict[str, Any] = anonymous.ok("POST", "/api/auth/v1/tokens", json=body)
    anonymous.close()
    return answer


def random_address() -> str:
    """A client address of its own (RFC 2544 benchmark range), so that tests don't share a rate limit."""
    return f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def login_operator(url: str) -> Api:
    """The platform operator's API."""
    return login(url, "platform", OPERATOR_EMAIL, OPERATOR_PASSWORD)


@dataclass
class OperatorSession:
    """The operator's log-in for a whole run: a run can take longer than an access token is good for.

    How long it is good for is counted by the services' clock, which drills step.
    """

    url: str
    now: Callable[[], datetime] = clock.services_now
    _api: Api | None = field(default=None, init=False)
    _issued_at: datetime = field(init=False)
    _renew_at: datetime = field(init=False)

    def api(self) -> Api:
        """The operator's API, with a token that is good for at least half of its life from now on."""
        # A token from before a step back is not in force yet.
        if self._api is None or not self._issued_at <= self.now() < self._renew_at:
            self._issued_at = self.now()
            answer = issue_tokens(self.url, "platform", OPERATOR_EMAIL, OPERATOR_PASSWORD)
            self._renew_at = self._issued_at + timedelta(seconds=answer["expires_in"] / 2)
            self._api = Api(self.url, answer["access_token"])
        return self._api


def create_tenant(operator: Api, plan: str = "team", **fields: Any) -> Tenant:
    """A fresh tenant with an administrator."""
    name = f"tenant {secrets.token_hex(6)}"
    created = operator.ok("POST", "/api/tenants/v1/tenants", 201, json={"name": name, "plan": plan, **fields})
    acting = operator.with_headers(X_Tenant_Id=created["id"])
    admin = create_user(acting, created["id"], [{"role": "tenant-admin", "scope": "tenant"}])
    return Tenant(created["id"], name, admin, acting)


def create_user(acting: Api, tenant_id: str, grants: list[dict[str, str]]) -> Api:
    """A fresh user with grants, logged in."""
    email, password = f"user-{secrets.token_hex(6)}@example.test", secrets.token_urlsafe(18)
    acting.ok("POST", "/api/auth/v1/users", 201, json={"email": email, "password": password, "grants": grants})
    return login(acting.url, tenant_id, email, password)

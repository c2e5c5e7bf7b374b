"""Tenants, users and tokens for tests, made through the public API."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import Any

from tests.support.api import Api

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
    anonymous = Api(url, headers={"X-Forwarded-For": random_address()})
    answer = anonymous.ok(
        "POST", "/api/auth/v1/tokens", json={"tenant_id": tenant_id, "email": email, "password": password}
    )
    anonymous.close()
    return Api(url, answer["access_token"])


def random_address() -> str:
    """A client address of its own (RFC 2544 benchmark range), so that tests don't share a rate limit."""
    return f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def login_operator(url: str) -> Api:
    """The platform operator's API."""
    return login(url, "platform", OPERATOR_EMAIL, OPERATOR_PASSWORD)


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

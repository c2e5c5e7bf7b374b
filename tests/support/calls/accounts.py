"""Calls of auth and tenants."""

from __future__ import annotations

import secrets
from typing import Any

from tests.support.calls.world import (
    ALONE,
    CALLER,
    INTERNAL,
    PASSED_OVER,
    PLATFORM,
    PUBLIC,
    REFUSED,
    Call,
    Row,
    Table,
    World,
)

ADMINISTER = "auth:write"
IN_PLATFORM = {"X-Tenant-Id": "platform"}


def user(w: World) -> dict[str, Any]:
    return w.make("auth/v1/users", new_user())


def new_user() -> dict[str, Any]:
    return {"email": f"call-{secrets.token_hex(8)}@example.test", "password": secrets.token_urlsafe(18)}


def service_account(w: World) -> dict[str, Any]:
    return w.make("auth/v1/service-accounts", {"name": w.name()})


def api_key(w: World) -> dict[str, Any]:
    return w.make(f"auth/v1/service-accounts/{service_account(w)['id']}/api-keys", {})


def grant(w: World) -> dict[str, Any]:
    body = {"subject": service_account(w)["id"], "role": "viewer", "scope": "tenant"}
    return w.make("auth/v1/grants", body)


def of(path: str, made: dict[str, Any], **options: Any) -> Call:
    """A call of what was made, by its id."""
    return Call(f"{path}/{made['id']}", tag=made.get("etag"), **options)


AUTH: Table = {
    "GET /v1/.well-known/oauth-authorization-server": Row(
        lambda w: Call("/v1/.well-known/oauth-authorization-server"), PUBLIC
    ),
    "GET /v1/jwks": Row(lambda w: Call("/v1/jwks"), PUBLIC),
    "GET /v1/me": Row(lambda w: Call("/v1/me"), CALLER),
    "GET /v1/grants": Row(lambda w: Call("/v1/grants"), in_projects=200),
    "GET /v1/grants/{id}": Row(lambda w: of("/v1/grants", grant(w)), in_projects=403),
    "GET /v1/service-accounts": Row(lambda w: Call("/v1/service-accounts")),
    "GET /v1/service-accounts/{id}": Row(lambda w: of("/v1/service-accounts", service_account(w))),
    "GET /v1/service-accounts/{id}/api-keys": Row(
        lambda w: Call(f"/v1/service-accounts/{service_account(w)['id']}/api-keys")
    ),
    "GET /v1/users": Row(lambda w: Call("/v1/users")),
    "GET /v1/users/{id}": Row(lambda w: of("/v1/users", user(w))),
    "POST /v1/users": Row(lambda w: Call("/v1/users", new_user())),
    "PATCH /v1/users/{id}": Row(lambda w: of("/v1/users", user(w), json={"name": "Other"})),
    "DELETE /v1/users/{id}": Row(lambda w: of("/v1/users", user(w))),
    "POST /v1/service-accounts": Row(lambda w: Call("/v1/service-accounts", {"name": w.name()})),
    "DELETE /v1/service-accounts/{id}": Row(lambda w: of("/v1/service-accounts", service_account(w))),
    "POST /v1/service-accounts/{id}/api-keys": Row(
        lambda w: Call(f"/v1/service-accounts/{service_account(w)['id']}/api-keys", {"name": "k"}), key=REFUSED
    ),
    "DELETE /v1/api-keys/{id}": Row(lambda w: of("/v1/api-keys", api_key(w))),
    "POST /v1/grants": Row(
        lambda w: Call("/v1/grants", {"subject": service_account(w)["id"], "role": "auditor", "scope": "tenant"}),
        ADMINISTER,
    ),
    "POST /v1/grants/batch": Row(
        lambda w: Call("/v1/grants/batch", {"grants": [{"subject": service_account(w)["id"], "role": "auditor"}]}),
        ADMINISTER,
    ),
    "DELETE /v1/grants/{id}": Row(lambda w: of("/v1/grants", grant(w)), ADMINISTER),
    "POST /v1/me/password": Row(
        lambda w: Call("/v1/me/password", {"current_password": "not this one", "new_password": "nor this one, ever"}),
        CALLER,
        key=ALONE,
    ),
    "POST /v1/totp/enrol": Row(lambda w: Call("/v1/totp/enrol"), CALLER, key=REFUSED),
    "POST /v1/totp/verify": Row(lambda w: Call("/v1/totp/verify", {"code": "000000"}), CALLER, key=ALONE),
    "POST /v1/signing-keys/rotate": Row(lambda w: Call("/v1/signing-keys/rotate"), PLATFORM),
    "POST /v1/tokens": Row(
        lambda w: Call("/v1/tokens", {"email": "nobody@example.test", "password": "wrong", "tenant_id": w.tenant.id}),
        PUBLIC,
        key=PASSED_OVER,
    ),
    "POST /v1/tokens/revoke": Row(
        lambda w: Call("/v1/tokens/revoke", {"refresh_token": "none"}), PUBLIC, key=PASSED_OVER
    ),
    "POST /v1/tokens/introspect": Row(lambda w: Call("/v1/tokens/introspect", {"token": str(w.api.token)}), INTERNAL),
}


def project(w: World) -> dict[str, Any]:
    return w.make("tenants/v1/projects", {"name": w.name("Project")})


def limited_project(w: World) -> Call:
    made = project(w)
    path = f"/v1/projects/{made['id']}/quotas/volumes"
    return Call(path, {"limit": 1}, tag=w.put(f"tenants{path}", {"limit": 0})["etag"])


def reservation(w: World) -> dict[str, Any]:
    return w.make("tenants/v1/quota/reservations", claim(w), by=w.operator)


def claim(w: World) -> dict[str, Any]:
    return {"resource": "snapshots", "amount": 1, "reservation_id": f"call-{secrets.token_hex(6)}"}


def settled(w: World, how: str) -> Call:
    made = reservation(w)
    return Call(f"/v1/quota/reservations/{made['reservation_id']}/{how}", tag=made["etag"])


def limit(w: World) -> Call:
    listed = w.read("tenants/v1/quotas")["items"]
    [found] = [each for each in listed if each["resource"] == "instances"]
    return Call("/v1/quotas/instances", {"limit": 300 + w.number()}, tag=str(found["version"]))


def another_tenant(w: World, action: str) -> Call:
    """An operator's word on a tenant of its own: what is done to it can't be undone."""
    made = w.make("tenants/v1/tenants", {"name": f"other {secrets.token_hex(6)}", "plan": "free"}, by=w.platform)
    if action == "resume":
        made = w.make(f"tenants/v1/tenants/{made['id']}/suspend", by=w.platform)
    return Call(f"/v1/tenants/{made['id']}/{action}", headers=IN_PLATFORM, tag=made["etag"])


TENANTS: Table = {
    "GET /v1/plans": Row(lambda w: Call("/v1/plans")),
    "GET /v1/projects": Row(lambda w: Call("/v1/projects"), in_projects=200),
    "GET /v1/projects/{id}": Row(lambda w: of("/v1/projects", project(w)), in_projects=403),
    "GET /v1/projects/{id}/quotas": Row(lambda w: Call(f"/v1/projects/{project(w)['id']}/quotas"), in_projects=403),
    "GET /v1/quotas": Row(lambda w: Call("/v1/quotas")),
    "GET /v1/quota/reservations": Row(lambda w: Call("/v1/quota/reservations"), INTERNAL),
    "GET /v1/quota/reservations/{reservation_id}": Row(
        lambda w: Call(f"/v1/quota/reservations/{reservation(w)['reservation_id']}"), INTERNAL
    ),
    "GET /v1/reservations": Row(lambda w: Call("/v1/reservations", params={"resource": "volumes"}), INTERNAL),
    "GET /v1/tenants": Row(lambda w: Call("/v1/tenants")),
    "GET /v1/tenants/{id}": Row(lambda w: Call(f"/v1/tenants/{w.tenant.id}")),
    "POST /v1/projects": Row(lambda w: Call("/v1/projects", {"name": w.name("Project")}), in_projects=403),
    "PATCH /v1/projects/{id}": Row(
        lambda w: of("/v1/projects", project(w), json={"name": w.name("Renamed")}), in_projects=403
    ),
    "DELETE /v1/projects/{id}": Row(lambda w: of("/v1/projects", project(w)), in_projects=403),
    "PUT /v1/projects/{id}/quotas/{resource}": Row(limited_project),
    "PUT /v1/quotas/{resource}": Row(limit, PLATFORM),
    "POST /v1/quota/reservations": Row(lambda w: Call("/v1/quota/reservations", claim(w)), INTERNAL),
    "POST /v1/quota/reservations/{reservation_id}/commit": Row(lambda w: settled(w, "commit"), INTERNAL),
    "POST /v1/quota/reservations/{reservation_id}/release": Row(lambda w: settled(w, "release"), INTERNAL),
    "POST /v1/tenants": Row(
        lambda w: Call("/v1/tenants", {"name": f"call {secrets.token_hex(6)}", "plan": "free"}), PLATFORM
    ),
    "PATCH /v1/tenants/{id}": Row(
        lambda w: Call(
            f"/v1/tenants/{w.tenant.id}",
            {"name": f"renamed {secrets.token_hex(6)}"},
            tag=w.read(f"tenants/v1/tenants/{w.tenant.id}")["etag"],
        )
    ),
    "POST /v1/tenants/{id}/suspend": Row(lambda w: another_tenant(w, "suspend"), PLATFORM),
    "POST /v1/tenants/{id}/resume": Row(lambda w: another_tenant(w, "resume"), PLATFORM),
    "POST /v1/tenants/{id}/close": Row(lambda w: another_tenant(w, "close"), PLATFORM),
}

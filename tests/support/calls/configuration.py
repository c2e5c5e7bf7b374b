"""Calls of secrets and config."""

from __future__ import annotations

from typing import Any

from tests.support.calls.accounts import ADMINISTER, of
from tests.support.calls.world import REFUSED, Call, Row, Table, World

PLAINTEXT = {"plaintext": "cHQ="}


def secret(w: World, what: str = "", body: Any = None, *, versions: int = 1) -> Call:
    name = w.name("app/db")
    for number in range(versions):
        made = w.put(f"secrets/v1/secrets/{name}", {"data": {"password": f"value-{number}"}})
    return Call(f"/v1/secrets/{name}{what}", body, tag=made["etag"])


def undeleted(w: World) -> Call:
    call = secret(w, "/versions/undelete", {"versions": [1]}, versions=2)
    path = f"secrets{call.target}".replace("undelete", "delete")
    made = w.make(path, {"versions": [1]})
    return Call(call.target, call.json, tag=made["etag"])


def key(w: World, what: str = "", body: Any = None) -> Call:
    made = w.make("secrets/v1/keys", {"name": w.name("key")})
    return Call(f"/v1/keys/{made['name']}{what}", body, tag=made["etag"])


def ciphertext(w: World, what: str) -> Call:
    path = w.once("key", lambda: key(w)).target
    return Call(f"{path}/{what}", {"ciphertext": w.make(f"secrets{path}/encrypt", PLAINTEXT)["ciphertext"]})


def token(w: World) -> dict[str, Any]:
    return w.make("secrets/v1/lease-tokens", {"name": w.name("token")})


def revoked_token(w: World) -> Call:
    made = token(w)
    return Call(f"/v1/lease-tokens/{made['id']}/revoke", tag=made["etag"])


def lease(w: World, what: str = "", body: Any = None) -> Call:
    made = w.make("secrets/v1/leases", new_lease(w))
    return Call(f"/v1/leases/{made['id']}{what}", body, tag=made["etag"])


def new_lease(w: World) -> dict[str, Any]:
    return {"token_id": w.once("token", lambda: token(w))["id"]}


def new_policy(w: World) -> dict[str, Any]:
    """One that is about nobody and nothing here."""
    return {"pattern": f"{w.name('elsewhere')}/*", "subjects": ["nobody"], "capabilities": ["read"]}


def policy(w: World) -> dict[str, Any]:
    return w.make("secrets/v1/path-policies", new_policy(w))


SECRETS: Table = {
    "GET /v1/keys": Row(lambda w: Call("/v1/keys")),
    "GET /v1/lease-tokens": Row(lambda w: Call("/v1/lease-tokens")),
    "GET /v1/leases": Row(lambda w: Call("/v1/leases")),
    "GET /v1/leases/{id}": Row(lambda w: lease(w)),
    "GET /v1/leases/{id}/credentials": Row(lambda w: lease(w, "/credentials")),
    "GET /v1/path-policies": Row(lambda w: Call("/v1/path-policies")),
    "GET /v1/secrets": Row(lambda w: Call("/v1/secrets")),
    "GET /v1/secrets/{name}": Row(lambda w: secret(w)),
    "GET /v1/secrets/{name}/versions": Row(lambda w: secret(w, "/versions")),
    "POST /v1/keys": Row(lambda w: Call("/v1/keys", {"name": w.name("key")})),
    "POST /v1/keys/{name}/decrypt": Row(lambda w: ciphertext(w, "decrypt"), "secrets:read", key=REFUSED),
    "POST /v1/keys/{name}/encrypt": Row(lambda w: key(w, "/encrypt", PLAINTEXT)),
    "POST /v1/keys/{name}/rewrap": Row(lambda w: ciphertext(w, "rewrap")),
    "POST /v1/keys/{name}/rotate": Row(lambda w: key(w, "/rotate")),
    "POST /v1/lease-tokens": Row(lambda w: Call("/v1/lease-tokens", {"name": w.name("token")})),
    "POST /v1/lease-tokens/{id}/revoke": Row(revoked_token),
    "POST /v1/leases": Row(lambda w: Call("/v1/leases", new_lease(w))),
    "POST /v1/leases/{id}/renew": Row(lambda w: lease(w, "/renew", {"increment_seconds": 600})),
    "POST /v1/leases/{id}/revoke": Row(lambda w: lease(w, "/revoke")),
    "POST /v1/path-policies": Row(lambda w: Call("/v1/path-policies", new_policy(w)), ADMINISTER),
    "DELETE /v1/path-policies/{id}": Row(lambda w: of("/v1/path-policies", policy(w)), ADMINISTER),
    "PUT /v1/secrets/{name}": Row(lambda w: secret(w, body={"data": {"password": "next"}}), elsewhere=()),
    "DELETE /v1/secrets/{name}": Row(lambda w: secret(w)),
    "POST /v1/secrets/{name}/rotate": Row(lambda w: secret(w, "/rotate", {"field": "password"})),
    "POST /v1/secrets/{name}/versions/delete": Row(
        lambda w: secret(w, "/versions/delete", {"versions": [1]}, versions=2)
    ),
    "POST /v1/secrets/{name}/versions/destroy": Row(
        lambda w: secret(w, "/versions/destroy", {"versions": [1]}, versions=2)
    ),
    "POST /v1/secrets/{name}/versions/undelete": Row(undeleted),
}


def layer(w: World, environment: str = "") -> Call:
    path = f"/v1/layers/{environment or w.name('env')}/override"
    made = w.put(f"config{path}", {"values": {"a": w.number()}})
    return Call(path, {"values": {"a": 0}}, tag=made["etag"])


def environment(w: World, what: str = "", body: Any = None, *, published: int = 0) -> Call:
    name = w.name("env")
    for _ in range(published):
        layer(w, name)
        w.make(f"config/v1/environments/{name}/publish", {})
    layer(w, name)
    path = f"/v1/environments/{name}"
    return Call(f"{path}{what}", body, tag=w.read(f"config{path}")["etag"])


def effective(w: World) -> Call:
    name = environment(w, published=1).target.rpartition("/")[2]
    return Call("/v1/effective", params={"environment": name})


def flag(w: World, what: str = "", **options: Any) -> Call:
    path = f"/v1/flags/{w.name('flag')}"
    made = w.put(f"config{path}", {"enabled": True})
    return Call(f"{path}{what}", tag=made["etag"], **options)


CONFIG: Table = {
    "GET /v1/effective": Row(effective, elsewhere=(404,)),
    "GET /v1/environments": Row(lambda w: Call("/v1/environments")),
    "GET /v1/environments/{environment}": Row(lambda w: environment(w)),
    "GET /v1/environments/{environment}/explanation": Row(lambda w: environment(w, "/explanation")),
    "GET /v1/environments/{environment}/history": Row(lambda w: environment(w, "/history")),
    "GET /v1/flags": Row(lambda w: Call("/v1/flags")),
    "GET /v1/flags/{name}": Row(lambda w: flag(w)),
    "GET /v1/flags/{name}/evaluate": Row(lambda w: flag(w, "/evaluate", params={"subject": "s"})),
    "POST /v1/environments/{environment}/publish": Row(lambda w: environment(w, "/publish", {})),
    "POST /v1/environments/{environment}/rollback": Row(
        lambda w: environment(w, "/rollback", {"revision": 1}, published=2)
    ),
    "PUT /v1/flags/{name}": Row(lambda w: flag(w, json={"enabled": False}), elsewhere=()),
    "PUT /v1/layers/{environment}/{layer}": Row(lambda w: layer(w), elsewhere=()),
}

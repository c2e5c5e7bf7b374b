"""Calls of storage."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.calls.accounts import of
from tests.support.calls.compute import active
from tests.support.calls.world import PASSED_OVER, PUBLIC, REFUSED, Call, Row, Table, World
from tests.support.computing import ZONE

V1 = "storage/v1"


def bucket(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/buckets", {"name": w.name("bucket")})


def shared_bucket(w: World) -> str:
    return str(w.once("bucket", lambda: bucket(w))["name"])


def by_name(w: World, **options: Any) -> Call:
    made = bucket(w)
    return Call(f"/v1/buckets/{made['name']}", tag=made["etag"], **options)


def stored(w: World, **options: Any) -> Call:
    """A call of an object that is there."""
    target = f"/v1/buckets/{shared_bucket(w)}/objects/{w.name('key')}"
    return Call(target, tag=put(w, target, b"content"), **options)


def put(w: World, target: str, content: bytes) -> str:
    """Store an object or a part; its entity tag."""
    answer = w.api.put(f"/api/storage{target}", content=content)
    assert answer.is_success, answer.text
    return str(answer.json()["etag"])


def upload(w: World, key: str = "") -> str:
    path = f"{V1}/buckets/{shared_bucket(w)}/uploads"
    made = w.make(path, {"key": key or w.name("key")})
    return f"/v1/buckets/{shared_bucket(w)}/uploads/{made['id']}"


def aborted(w: World) -> Call:
    path = upload(w)
    return Call(path, tag=w.read(f"storage{path}")["etag"])


def part(w: World) -> Call:
    path = f"{upload(w)}/parts/1"
    return Call(path, content=b"another part", tag=put(w, path, b"a part"))


def completed(w: World) -> Call:
    before = stored(w)
    path = upload(w, before.target.rpartition("/")[2])
    etag = put(w, f"{path}/parts/1", b"a part")
    return Call(f"{path}/complete", {"parts": [{"number": 1, "etag": etag}]}, tag=before.tag)


def several(w: World) -> Call:
    key = stored(w).target.rpartition("/")[2]
    return Call(f"/v1/buckets/{shared_bucket(w)}/deletions", {"objects": [{"key": key}]})


def new_volume(w: World) -> dict[str, Any]:
    return {"name": w.name("volume"), "size_gib": 1, "zone": ZONE}


def volume(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/volumes", new_volume(w))


def holder(w: World) -> dict[str, str]:
    return {"instance_id": w.once("instance", lambda: active(w))["id"]}


def attached(w: World) -> Call:
    made = w.make(f"{V1}/volumes/{volume(w)['id']}/attach", holder(w))
    return Call(f"/v1/volumes/{made['id']}/detach", tag=made["etag"])


def snapshot(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/volumes/{volume(w)['id']}/snapshots", {"name": w.name("snapshot")})


def on_volume(w: World, what: str, body: Any) -> Call:
    made = volume(w)
    return Call(f"/v1/volumes/{made['id']}/{what}", body, tag=made["etag"])


def in_bucket(w: World, what: str, **options: Any) -> Call:
    return Call(f"/v1/buckets/{shared_bucket(w)}/{what}", **options)


def signed(w: World) -> Call:
    body = {"method": "GET", "key": stored(w).target.rpartition("/")[2], "expires_in": 60}
    return in_bucket(w, "presigned-urls", json=body)


def by_url(w: World, method: str, **options: Any) -> Call:
    """What a presigned URL lets whoever has it do."""
    body = {"method": method, "key": stored(w).target.rpartition("/")[2], "expires_in": 3_600}
    url = urlsplit(w.make(f"{V1}/buckets/{shared_bucket(w)}/presigned-urls", body)["url"])
    return Call(url.path[url.path.index("/v1/") :], params=dict(parse_qsl(url.query)), **options)


STORAGE: Table = {
    "GET /v1/buckets": Row(lambda w: Call("/v1/buckets")),
    "GET /v1/buckets/{name}": Row(lambda w: by_name(w)),
    "GET /v1/buckets/{name}/objects": Row(lambda w: in_bucket(w, "objects")),
    "GET /v1/buckets/{name}/versions": Row(lambda w: in_bucket(w, "versions")),
    "GET /v1/buckets/{name}/objects/{key}": Row(lambda w: stored(w)),
    "HEAD /v1/buckets/{name}/objects/{key}": Row(lambda w: stored(w)),
    "GET /v1/buckets/{name}/uploads": Row(lambda w: in_bucket(w, "uploads")),
    "GET /v1/buckets/{name}/uploads/{upload_id}": Row(lambda w: Call(upload(w))),
    "GET /v1/buckets/{name}/uploads/{upload_id}/parts": Row(lambda w: Call(f"{upload(w)}/parts")),
    "GET /v1/volumes": Row(lambda w: Call("/v1/volumes")),
    "GET /v1/volumes/{id}": Row(lambda w: of("/v1/volumes", volume(w))),
    "GET /v1/snapshots": Row(lambda w: Call("/v1/snapshots")),
    "GET /v1/snapshots/{id}": Row(lambda w: of("/v1/snapshots", snapshot(w))),
    "POST /v1/buckets": Row(lambda w: Call("/v1/buckets", {"name": w.name("bucket")})),
    "PATCH /v1/buckets/{name}": Row(lambda w: by_name(w, json={"versioning": "enabled"})),
    "DELETE /v1/buckets/{name}": Row(lambda w: by_name(w)),
    "PUT /v1/buckets/{name}/objects/{key}": Row(lambda w: stored(w, content=b"other content")),
    "DELETE /v1/buckets/{name}/objects/{key}": Row(lambda w: stored(w)),
    "POST /v1/buckets/{name}/deletions": Row(several),
    "POST /v1/buckets/{name}/uploads": Row(lambda w: in_bucket(w, "uploads", json={"key": w.name("key")})),
    "DELETE /v1/buckets/{name}/uploads/{upload_id}": Row(aborted),
    "PUT /v1/buckets/{name}/uploads/{upload_id}/parts/{number}": Row(part),
    "POST /v1/buckets/{name}/uploads/{upload_id}/complete": Row(completed),
    "POST /v1/buckets/{name}/presigned-urls": Row(signed, key=REFUSED),
    "GET /v1/signed/{tenant_id}/{name}/{key}": Row(lambda w: by_url(w, "GET"), PUBLIC),
    "HEAD /v1/signed/{tenant_id}/{name}/{key}": Row(lambda w: by_url(w, "HEAD"), PUBLIC),
    "PUT /v1/signed/{tenant_id}/{name}/{key}": Row(lambda w: by_url(w, "PUT", content=b"new"), PUBLIC, PASSED_OVER),
    "DELETE /v1/signed/{tenant_id}/{name}/{key}": Row(lambda w: by_url(w, "DELETE"), PUBLIC, PASSED_OVER),
    "POST /v1/volumes": Row(lambda w: Call("/v1/volumes", new_volume(w))),
    "PATCH /v1/volumes/{id}": Row(lambda w: of("/v1/volumes", volume(w), json={"name": w.name()})),
    "DELETE /v1/volumes/{id}": Row(lambda w: of("/v1/volumes", volume(w))),
    "POST /v1/volumes/{id}/attach": Row(lambda w: on_volume(w, "attach", holder(w))),
    "POST /v1/volumes/{id}/detach": Row(attached),
    "POST /v1/volumes/{id}/snapshots": Row(lambda w: on_volume(w, "snapshots", {"name": w.name()})),
    "DELETE /v1/snapshots/{id}": Row(lambda w: of("/v1/snapshots", snapshot(w))),
    "POST /v1/usage/flush": Row(lambda w: Call("/v1/usage/flush")),
}

"""/v1/kv and /v1/session"""

from __future__ import annotations

import base64

from environment.fleet.consul.errors import BadRequest, Missing
from environment.fleet.consul.http import Response, answer_json
from environment.fleet.consul.server import Call, ConsulServer
from environment.fleet.consul.store import Row


def add_routes(server: ConsulServer) -> None:
    """Serve keys, values and sessions."""
    for method, endpoint in (("GET", _read), ("PUT", _write), ("DELETE", _delete)):
        server.route(method, "/v1/kv/", endpoint)
    server.route("PUT", "/v1/session/create", _session_create)
    server.route("PUT", "/v1/session/destroy/", _session_destroy)
    server.route("PUT", "/v1/session/renew/", _session_renew)
    server.route("GET", "/v1/session/info/", _session_info)
    server.route("GET", "/v1/session/node/", _session_list)
    server.route("GET", "/v1/session/list", _session_list)


async def _read(call: Call) -> Response:
    if call.request.asks("keys"):
        return await call.watch(lambda: (call.server.kv.index_under(call.rest), _keys(call)))
    if call.request.asks("recurse"):
        return await call.watch(lambda: (call.server.kv.index_under(call.rest), _entries(call)))
    if not call.rest:
        raise BadRequest("Missing key name")
    call.may.demand("key", call.rest, "read")
    return await call.watch(lambda: (call.server.kv.index_of(call.rest), _entry(call)))


def _entry(call: Call) -> Response:
    row = call.server.kv.get(call.rest)
    if row is None:
        return Response(404)
    if call.request.asks("raw"):
        return Response(200, base64.b64decode(row["Value"] or ""), {"Content-Type": "application/octet-stream"})
    return answer_json([row])


def _readable(call: Call) -> list[Row]:
    return [row for row in call.server.kv.under(call.rest) if call.may.allows("key", row["Key"], "read")]


def _entries(call: Call) -> Response:
    rows = _readable(call)
    return answer_json(rows) if rows else Response(404)


def _keys(call: Call) -> Response:
    separator = call.request.query.get("separator", "")
    names: dict[str, None] = {}
    for row in _readable(call):
        key = str(row["Key"])
        end = key.find(separator, len(call.rest)) if separator else -1
        names[key if end < 0 else key[: end + len(separator)]] = None
    return answer_json(list(names)) if names else Response(404)


def _write(call: Call) -> Response:
    if not call.rest:
        raise BadRequest("Missing key name")
    call.may.demand("key", call.rest, "write")
    kv, query = call.server.kv, call.request.query
    value, flags = base64.b64encode(call.request.body).decode(), call.number("flags")
    if len([word for word in ("cas", "acquire", "release") if call.request.asks(word)]) > 1:
        raise BadRequest("Conflicting flags: use one of cas, acquire and release")
    if call.request.asks("acquire"):
        return answer_json(kv.acquire(call.rest, value, flags, query["acquire"]))
    if call.request.asks("release"):
        return answer_json(kv.release(call.rest, value, flags, query["release"]))
    return answer_json(kv.put(call.rest, value, flags, call.number("cas") if call.request.asks("cas") else None))


def _delete(call: Call) -> Response:
    kv = call.server.kv
    if call.request.asks("recurse"):
        for row in kv.under(call.rest):
            call.may.demand("key", row["Key"], "write")
        kv.delete_under(call.rest)
        return answer_json(True)
    if not call.rest:
        raise BadRequest("Missing key name")
    call.may.demand("key", call.rest, "write")
    return answer_json(kv.delete(call.rest, call.number("cas") if call.request.asks("cas") else None))


def _session_create(call: Call) -> Response:
    wanted = call.body()
    call.may.demand("session", wanted.get("Node") or call.server.node, "write")
    return answer_json({"ID": call.server.sessions.create(wanted)})


def _session_destroy(call: Call) -> Response:
    row = call.server.sessions.get(call.rest)
    if row is not None:
        call.may.demand("session", row["Node"], "write")
    call.server.sessions.destroy(call.rest)
    return answer_json(True)


def _session_renew(call: Call) -> Response:
    row = call.server.sessions.get(call.rest)
    if row is None:
        raise Missing(f"Session id '{call.rest}' not found")
    call.may.demand("session", row["Node"], "write")
    return answer_json([call.server.sessions.renew(call.rest)])


async def _session_info(call: Call) -> Response:
    def look() -> tuple[int, Response]:
        row = call.server.sessions.get(call.rest)
        visible = row is not None and call.may.allows("session", row["Node"], "read")
        return call.server.sessions.index(), answer_json([row] if visible else [])

    return await call.watch(look)


async def _session_list(call: Call) -> Response:
    def look() -> tuple[int, Response]:
        rows = [row for row in call.server.sessions.all() if call.may.allows("session", row["Node"], "read")]
        chosen = [row for row in rows if not call.rest or row["Node"] == call.rest]
        return call.server.sessions.index(), answer_json(chosen)

    return await call.watch(look)

"""/v1/snapshot"""

from __future__ import annotations

from environment.fleet.consul.errors import BadRequest
from environment.fleet.consul.http import Response
from environment.fleet.consul.server import Call, ConsulServer


def add_routes(server: ConsulServer) -> None:
    """Serve snapshots."""
    server.route("GET", "/v1/snapshot", _save)
    server.route("PUT", "/v1/snapshot", _restore)


def _save(call: Call) -> Response:
    call.may.demand("acl", "", "write")
    return Response(200, call.server.store.snapshot(), {"Content-Type": "application/x-gzip"})


def _restore(call: Call) -> Response:
    call.may.demand("acl", "", "write")
    try:
        call.server.store.restore(call.request.body)
    except ValueError as error:
        raise BadRequest(f"failed to read snapshot file: {error}") from error
    return Response(200)

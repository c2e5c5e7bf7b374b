"""/v1/acl"""

from __future__ import annotations

from environment.fleet.consul.http import Response, answer_json
from environment.fleet.consul.server import Call, ConsulServer, Endpoint


def add_routes(server: ConsulServer) -> None:
    """Serve bootstrap, tokens and policies."""
    server.route("PUT", "/v1/acl/bootstrap", _bootstrap)
    server.route("GET", "/v1/acl/token/self", _token_self)
    routes: list[tuple[str, str, str, Endpoint]] = [
        ("GET", "/v1/acl/tokens", "read", lambda call: answer_json(call.server.acl.tokens())),
        ("PUT", "/v1/acl/token", "write", lambda call: answer_json(call.server.acl.create_token(call.body()))),
        ("GET", "/v1/acl/token/", "read", lambda call: answer_json(call.server.acl.token(call.rest))),
        (
            "PUT",
            "/v1/acl/token/",
            "write",
            lambda call: answer_json(call.server.acl.update_token(call.rest, call.body())),
        ),
        ("DELETE", "/v1/acl/token/", "write", _delete_token),
        ("GET", "/v1/acl/policies", "read", lambda call: answer_json(call.server.acl.policies())),
        ("PUT", "/v1/acl/policy", "write", lambda call: answer_json(call.server.acl.create_policy(call.body()))),
        ("GET", "/v1/acl/policy/", "read", lambda call: answer_json(call.server.acl.policy(call.rest))),
        ("GET", "/v1/acl/policy/name/", "read", lambda call: answer_json(call.server.acl.policy_named(call.rest))),
        (
            "PUT",
            "/v1/acl/policy/",
            "write",
            lambda call: answer_json(call.server.acl.update_policy(call.rest, call.body())),
        ),
        ("DELETE", "/v1/acl/policy/", "write", _delete_policy),
    ]
    for method, path, level, endpoint in routes:
        server.route(method, path, _guarded(level, endpoint))


def _guarded(level: str, endpoint: Endpoint) -> Endpoint:
    def guarded(call: Call) -> Response:
        call.server.acl.require_enabled()
        call.may.demand("acl", "", level)
        answer = endpoint(call)
        assert isinstance(answer, Response)
        return answer

    return guarded


def _bootstrap(call: Call) -> Response:
    call.server.acl.require_enabled()
    return answer_json(call.server.acl.bootstrap(call.body()))


def _token_self(call: Call) -> Response:
    call.server.acl.require_enabled()
    return answer_json(call.server.acl.token_by_secret(call.secret))


def _delete_token(call: Call) -> Response:
    call.server.acl.delete_token(call.rest)
    return answer_json(True)


def _delete_policy(call: Call) -> Response:
    call.server.acl.delete_policy(call.rest)
    return answer_json(True)

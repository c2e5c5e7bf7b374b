"""/v1/agent, /v1/catalog, /v1/health and /v1/status"""

from __future__ import annotations

from collections.abc import Callable

from environment.fleet.consul.errors import BadRequest
from environment.fleet.consul.http import Response, answer_json
from environment.fleet.consul.server import Call, ConsulServer
from environment.fleet.consul.services import CRITICAL, DATACENTER, PASSING, WARNING, shown
from environment.fleet.consul.store import Row


def add_routes(server: ConsulServer) -> None:
    """Serve services, checks, catalogue and health."""
    server.route("PUT", "/v1/agent/service/register", _register)
    server.route("PUT", "/v1/agent/service/deregister/", _deregister)
    server.route("PUT", "/v1/agent/service/maintenance/", _maintenance)
    server.route("GET", "/v1/agent/service/", _agent_service)
    server.route("GET", "/v1/agent/services", _agent_services)
    server.route("PUT", "/v1/agent/check/register", _check_register)
    server.route("PUT", "/v1/agent/check/deregister/", _check_deregister)
    for word, status in (("pass", PASSING), ("warn", WARNING), ("fail", CRITICAL)):
        server.route("PUT", f"/v1/agent/check/{word}/", _reporter(status))
    server.route("PUT", "/v1/agent/check/update/", _check_update)
    server.route("GET", "/v1/agent/checks", _agent_checks)
    server.route("GET", "/v1/agent/self", _agent_self)
    server.route("GET", "/v1/agent/members", _agent_members)
    server.route("GET", "/v1/catalog/services", _catalog_services)
    server.route("GET", "/v1/catalog/service/", _catalog_service)
    server.route("GET", "/v1/catalog/nodes", _catalog_nodes)
    server.route("GET", "/v1/catalog/datacenters", lambda call: answer_json([DATACENTER]))
    server.route("GET", "/v1/health/service/", _health_service)
    server.route("GET", "/v1/health/checks/", _health_checks)
    server.route("GET", "/v1/health/node/", _health_node)
    server.route("GET", "/v1/health/state/", _health_state)
    server.route("GET", "/v1/status/leader", lambda call: answer_json(f"127.0.0.1:{server.port}"))
    server.route("GET", "/v1/status/peers", lambda call: answer_json([f"127.0.0.1:{server.port}"]))


def _register(call: Call) -> Response:
    wanted = call.body()
    call.may.demand("service", wanted.get("Name") or "", "write")
    for check_id in call.server.services.register(wanted):
        call.server.checks.run(check_id)
    return Response()


def _deregister(call: Call) -> Response:
    call.may.demand("service", call.server.services.service(call.rest)["Service"], "write")
    for check_id in call.server.services.deregister(call.rest):
        call.server.checks.forget(check_id)
    return Response()


def _maintenance(call: Call) -> Response:
    call.may.demand("service", call.server.services.service(call.rest)["Service"], "write")
    enable = call.request.query.get("enable", "")
    if enable not in ("true", "false"):
        raise BadRequest("Missing value for enable")
    call.server.services.set_maintenance(call.rest, enable == "true", call.request.query.get("reason", ""))
    return Response()


def _agent_service(call: Call) -> Response:
    row = call.server.services.service(call.rest)
    call.may.demand("service", row["Service"], "read")
    return answer_json({**row, "Datacenter": DATACENTER})


def _agent_services(call: Call) -> Response:
    return answer_json(
        {
            row["ID"]: {**row, "Datacenter": DATACENTER}
            for row in call.server.services.services()
            if call.may.allows("service", row["Service"], "read")
        }
    )


# Checks


def _demand_check(call: Call, service_name: str, level: str) -> None:
    """A service's check belongs to the service, any other to the node."""
    call.may.demand(*(("service", service_name) if service_name else ("node", call.server.node)), level)


def _check_register(call: Call) -> Response:
    wanted = call.body()
    service_id = wanted.get("ServiceID")
    _demand_check(call, call.server.services.service(service_id)["Service"] if service_id else "", "write")
    call.server.checks.run(call.server.services.register_check(wanted))
    return Response()


def _check_deregister(call: Call) -> Response:
    _demand_check(call, call.server.services.check(call.rest)["ServiceName"], "write")
    call.server.services.deregister_check(call.rest)
    call.server.checks.forget(call.rest)
    return Response()


def _reporter(status: str) -> Callable[[Call], Response]:
    def report(call: Call) -> Response:
        _demand_check(call, call.server.services.check(call.rest)["ServiceName"], "write")
        call.server.checks.report(call.rest, status, call.request.query.get("note", ""))
        return Response()

    return report


def _check_update(call: Call) -> Response:
    wanted = call.body()
    _demand_check(call, call.server.services.check(call.rest)["ServiceName"], "write")
    call.server.checks.report(call.rest, str(wanted.get("Status")), str(wanted.get("Output") or ""))
    return Response()


def _agent_checks(call: Call) -> Response:
    rows = call.server.services.checks()
    return answer_json({row["CheckID"]: shown(row) for row in rows if _sees(call, row)})


def _agent_self(call: Call) -> Response:
    call.may.demand("agent", call.server.node, "read")
    node = call.server.services.node
    config = {"Datacenter": DATACENTER, "NodeName": node["Node"], "NodeID": node["ID"], "Server": True}
    member = _member(call.server)
    return answer_json({"Config": {**config, "Version": "1.16.0"}, "Member": member, "Meta": {}})


def _agent_members(call: Call) -> Response:
    return answer_json([_member(call.server)] if call.may.allows("node", call.server.node, "read") else [])


def _member(server: ConsulServer) -> Row:
    return {"Name": server.node, "Addr": "127.0.0.1", "Port": server.port, "Status": 1, "Tags": {"role": "consul"}}


# Catalogue and health


def _sees(call: Call, check: Row) -> bool:
    if check["ServiceName"]:
        return call.may.allows("service", check["ServiceName"], "read") and _sees_node(call)
    return _sees_node(call)


def _sees_node(call: Call) -> bool:
    return call.may.allows("node", call.server.node, "read")


def _sees_service(call: Call, name: str) -> bool:
    return call.may.allows("service", name, "read") and _sees_node(call)


async def _catalog_services(call: Call) -> Response:
    def look() -> tuple[int, Response]:
        found: dict[str, dict[str, None]] = {}
        if call.may.allows("service", "consul", "read"):
            found["consul"] = {}
        for row in call.server.services.services():
            if call.may.allows("service", row["Service"], "read"):
                found.setdefault(row["Service"], {}).update(dict.fromkeys(row["Tags"]))
        return call.server.services.index(), answer_json({name: list(tags) for name, tags in found.items()})

    return await call.watch(look)


async def _catalog_service(call: Call) -> Response:
    services, name = call.server.services, call.rest
    tag = call.request.query.get("tag")
    visible = _sees_service(call, name)
    return await call.watch(lambda: (services.index(name), answer_json(services.catalog(name, tag) if visible else [])))


async def _catalog_nodes(call: Call) -> Response:
    rows = [call.server.services.node] if _sees_node(call) else []
    return await call.watch(lambda: (1, answer_json(rows)))


async def _health_service(call: Call) -> Response:
    services, name, query = call.server.services, call.rest, call.request.query
    passing = call.request.asks("passing") and query["passing"] in ("", "1", "true", "True")
    visible = _sees_service(call, name)

    def look() -> tuple[int, Response]:
        rows = services.health(name, query.get("tag"), passing) if visible else []
        return services.index(name), answer_json(rows)

    return await call.watch(look)


async def _health_checks(call: Call) -> Response:
    services, name = call.server.services, call.rest

    def look() -> tuple[int, Response]:
        rows = [shown(row) for row in services.checks() if row["ServiceName"] == name and _sees(call, row)]
        return services.index(name), answer_json(rows)

    return await call.watch(look)


async def _health_node(call: Call) -> Response:
    services = call.server.services

    def look() -> tuple[int, Response]:
        known = call.rest == call.server.node and _sees_node(call)
        rows = [services.node_health(), *(shown(row) for row in services.checks() if _sees(call, row))] if known else []
        return services.index(), answer_json(rows)

    return await call.watch(look)


async def _health_state(call: Call) -> Response:
    services, state = call.server.services, call.rest
    if state not in ("any", PASSING, WARNING, CRITICAL):
        raise BadRequest(f"Invalid state: {state!r}")

    def look() -> tuple[int, Response]:
        rows = [services.node_health()] if _sees_node(call) else []
        rows += [shown(row) for row in services.checks() if _sees(call, row)]
        return services.index(), answer_json([row for row in rows if state in ("any", row["Status"])])

    return await call.watch(look)

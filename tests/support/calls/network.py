"""Calls of network."""

from __future__ import annotations

from typing import Any

from tests.support.calls.accounts import of
from tests.support.calls.world import Call, Row, Table, World
from tests.support.networking import ZONE

V1 = "network/v1"
REMOTE = "203.0.113.7"


def cidr(w: World) -> str:
    """A range of 256 addresses that nothing of the tenant has: private ranges of a tenant don't overlap."""
    number = w.number()
    return f"10.{number // 256}.{number % 256}.0/24"


def new_vpc(w: World) -> dict[str, Any]:
    return {"name": w.name("vpc"), "cidr": cidr(w)}


def vpc(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/vpcs", new_vpc(w))


def shared_vpc(w: World) -> str:
    """One with room for many subnets."""
    made = w.once("vpc", lambda: w.make(f"{V1}/vpcs", {"name": "shared", "cidr": "172.16.0.0/16"}))
    return str(made["id"])


def new_subnet(w: World) -> dict[str, Any]:
    number = w.once("subnets", lambda: iter(range(2, 4_000)))
    place = next(number)
    block = f"172.16.{place // 16}.{place % 16 * 16}/28"
    return {"vpc_id": shared_vpc(w), "name": w.name("subnet"), "cidr": block, "zone": ZONE}


def subnet(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/subnets", new_subnet(w))


def address(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/addresses", {"subnet_id": subnet(w)["id"]})


def in_vpc(w: World, kind: str) -> dict[str, Any]:
    return w.make(f"{V1}/{kind}", named(w))


def named(w: World) -> dict[str, Any]:
    return {"vpc_id": shared_vpc(w), "name": w.name()}


ACL_RULE = {"number": 100, "direction": "ingress", "action": "allow", "cidr": "0.0.0.0/0"}
GROUP_RULE = {"direction": "ingress", "protocol": "tcp", "port_low": 22, "port_high": 22, "cidr": "0.0.0.0/0"}


def ruled(w: World, kind: str, rule: dict[str, Any]) -> Call:
    """The deletion of a rule of a list."""
    path = f"{V1}/{kind}/{in_vpc(w, kind)['id']}"
    rule_id = w.make(f"{path}/rules", rule)["id"]
    return Call(f"/{path.partition('/')[2]}/rules/{rule_id}", tag=w.read(path)["etag"])


def with_rule(w: World, kind: str, rule: dict[str, Any]) -> Call:
    made = in_vpc(w, kind)
    return Call(f"/v1/{kind}/{made['id']}/rules", rule, tag=made["etag"])


def route(w: World) -> dict[str, Any]:
    table = in_vpc(w, "route-tables")
    return w.make(f"{V1}/route-tables/{table['id']}/routes", to_nowhere())


def to_nowhere() -> dict[str, Any]:
    return {"destination": "198.51.100.0/24", "target_kind": "blackhole"}


def with_block(w: World) -> Call:
    made = vpc(w)
    made = w.make(f"{V1}/vpcs/{made['id']}/cidr-blocks", {"cidr": cidr(w)})
    made = w.read(f"{V1}/vpcs/{made['id']}")
    return Call(f"/v1/vpcs/{made['id']}/cidr-blocks/{made['cidr_blocks'][0]['id']}", tag=made["etag"])


def with_another_block(w: World) -> Call:
    made = vpc(w)
    return Call(f"/v1/vpcs/{made['id']}/cidr-blocks", {"cidr": cidr(w)}, tag=made["etag"])


def pair(w: World) -> dict[str, Any]:
    return {"vpc_id": vpc(w)["id"], "peer_vpc_id": vpc(w)["id"]}


def peering(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/peerings", pair(w))


def answered(w: World, answer: str) -> Call:
    made = peering(w)
    return Call(f"/v1/peerings/{made['id']}/{answer}", tag=made["etag"])


def new_tunnel(w: World) -> dict[str, Any]:
    return {**named(w), "peer_address": "198.51.100.9"}


def tunnel(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/vpn-tunnels", new_tunnel(w))


def nat_gateway(w: World) -> dict[str, Any]:
    return w.make(f"{V1}/nat-gateways", {"subnet_id": subnet(w)["id"], "name": w.name("nat")})


def routed_gateway(w: World) -> str:
    """A gateway that its VPC sends everything for elsewhere to."""
    made = vpc(w)
    body = {"vpc_id": made["id"], "name": "s", "cidr": made["cidr"], "zone": ZONE}
    inside = w.make(f"{V1}/subnets", body)
    gateway = w.make(f"{V1}/nat-gateways", {"subnet_id": inside["id"], "name": "nat"})
    route = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}
    w.make(f"{V1}/vpcs/{made['id']}/routes", route)
    source = made["cidr"].replace(".0/24", ".10")
    w.once(f"source of {gateway['id']}", lambda: source)
    return str(gateway["id"])


def connections(w: World) -> tuple[str, str]:
    """The path of a gateway's connections, and an address that it translates."""
    gateway = w.once("gateway", lambda: routed_gateway(w))
    return f"/v1/nat-gateways/{gateway}/translations", w.once(f"source of {gateway}", str)


def outgoing(w: World) -> Call:
    path, source = connections(w)
    packet = {"protocol": "tcp", "source": source, "source_port": 20_000 + w.number()}
    return Call(path, {**packet, "destination": REMOTE, "destination_port": 443})


def connection(w: World) -> dict[str, Any]:
    call = outgoing(w)
    return {**w.make(f"network{call.target}", call.json), "path": call.target}


def incoming(w: World) -> Call:
    made = connection(w)
    body = {"protocol": "tcp", "source": REMOTE, "source_port": 443, "port": made["port"]}
    return Call(f"{made['path']}/incoming", body)


def ended(w: World) -> Call:
    made = connection(w)
    return Call(f"{made['path']}/{made['id']}")


def one(kind: str, make: Any) -> Row:
    return Row(lambda w: of(f"/v1/{kind}", make(w)))


def packet(w: World) -> dict[str, Any]:
    return {"subnet_id": subnet(w)["id"], "peer": "192.0.2.7", "port": 443}


NETWORK: Table = {
    "GET /v1/acls": Row(lambda w: Call("/v1/acls")),
    "GET /v1/acls/{id}": one("acls", lambda w: in_vpc(w, "acls")),
    "GET /v1/addresses": Row(lambda w: Call("/v1/addresses")),
    "GET /v1/addresses/{id}": one("addresses", address),
    "GET /v1/nat-gateways": Row(lambda w: Call("/v1/nat-gateways")),
    "GET /v1/nat-gateways/{id}": one("nat-gateways", nat_gateway),
    "GET /v1/nat-gateways/{id}/translations": Row(lambda w: Call(connections(w)[0])),
    "GET /v1/peerings": Row(lambda w: Call("/v1/peerings")),
    "GET /v1/peerings/{id}": one("peerings", peering),
    "GET /v1/route-tables": Row(lambda w: Call("/v1/route-tables")),
    "GET /v1/route-tables/{id}": one("route-tables", lambda w: in_vpc(w, "route-tables")),
    "GET /v1/route-tables/{id}/routes": Row(
        lambda w: Call(f"/v1/route-tables/{in_vpc(w, 'route-tables')['id']}/routes")
    ),
    "GET /v1/routes/{id}": one("routes", route),
    "GET /v1/security-groups": Row(lambda w: Call("/v1/security-groups")),
    "GET /v1/security-groups/{id}": one("security-groups", lambda w: in_vpc(w, "security-groups")),
    "GET /v1/subnets": Row(lambda w: Call("/v1/subnets")),
    "GET /v1/subnets/{id}": one("subnets", subnet),
    "GET /v1/vpcs": Row(lambda w: Call("/v1/vpcs")),
    "GET /v1/vpcs/{id}": one("vpcs", vpc),
    "GET /v1/vpcs/{id}/reachability": Row(
        lambda w: Call(f"/v1/vpcs/{shared_vpc(w)}/reachability", params={"vpc_id": shared_vpc(w)})
    ),
    "GET /v1/vpcs/{id}/routes": Row(lambda w: Call(f"/v1/vpcs/{shared_vpc(w)}/routes")),
    "GET /v1/vpcs/{id}/routes/lookup": Row(
        lambda w: Call(f"/v1/vpcs/{shared_vpc(w)}/routes/lookup", params={"address": "172.16.0.9"})
    ),
    "GET /v1/vpn-tunnels": Row(lambda w: Call("/v1/vpn-tunnels")),
    "GET /v1/vpn-tunnels/{id}": one("vpn-tunnels", tunnel),
    "POST /v1/acls": Row(lambda w: Call("/v1/acls", named(w)), elsewhere=(404,)),
    "DELETE /v1/acls/{id}": one("acls", lambda w: in_vpc(w, "acls")),
    "POST /v1/acls/{id}/rules": Row(lambda w: with_rule(w, "acls", ACL_RULE)),
    "DELETE /v1/acls/{id}/rules/{rule_id}": Row(lambda w: ruled(w, "acls", ACL_RULE)),
    "POST /v1/addresses": Row(lambda w: Call("/v1/addresses", {"subnet_id": subnet(w)["id"]})),
    "DELETE /v1/addresses/{id}": one("addresses", address),
    "POST /v1/firewall/evaluate": Row(lambda w: Call("/v1/firewall/evaluate", packet(w)), "network:read"),
    "POST /v1/nat-gateways": Row(
        lambda w: Call("/v1/nat-gateways", {"subnet_id": subnet(w)["id"], "name": w.name("nat")})
    ),
    "DELETE /v1/nat-gateways/{id}": one("nat-gateways", nat_gateway),
    "POST /v1/nat-gateways/{id}/translations": Row(outgoing),
    "POST /v1/nat-gateways/{id}/translations/incoming": Row(incoming),
    "DELETE /v1/nat-gateways/{id}/translations/{translation_id}": Row(ended),
    "POST /v1/peerings": Row(lambda w: Call("/v1/peerings", pair(w))),
    "DELETE /v1/peerings/{id}": one("peerings", peering),
    "POST /v1/peerings/{id}/accept": Row(lambda w: answered(w, "accept")),
    "POST /v1/peerings/{id}/reject": Row(lambda w: answered(w, "reject")),
    "POST /v1/route-tables": Row(lambda w: Call("/v1/route-tables", named(w))),
    "PATCH /v1/route-tables/{id}": Row(
        lambda w: of("/v1/route-tables", in_vpc(w, "route-tables"), json={"name": w.name()})
    ),
    "DELETE /v1/route-tables/{id}": one("route-tables", lambda w: in_vpc(w, "route-tables")),
    "POST /v1/route-tables/{id}/routes": Row(
        lambda w: Call(f"/v1/route-tables/{in_vpc(w, 'route-tables')['id']}/routes", to_nowhere())
    ),
    "DELETE /v1/routes/{id}": one("routes", route),
    "POST /v1/security-groups": Row(lambda w: Call("/v1/security-groups", named(w))),
    "DELETE /v1/security-groups/{id}": one("security-groups", lambda w: in_vpc(w, "security-groups")),
    "POST /v1/security-groups/{id}/rules": Row(lambda w: with_rule(w, "security-groups", GROUP_RULE)),
    "DELETE /v1/security-groups/{id}/rules/{rule_id}": Row(lambda w: ruled(w, "security-groups", GROUP_RULE)),
    "POST /v1/subnets": Row(lambda w: Call("/v1/subnets", new_subnet(w))),
    "PATCH /v1/subnets/{id}": Row(lambda w: of("/v1/subnets", subnet(w), json={"name": w.name()})),
    "DELETE /v1/subnets/{id}": one("subnets", subnet),
    "POST /v1/usage/flush": Row(lambda w: Call("/v1/usage/flush")),
    "POST /v1/vpcs": Row(lambda w: Call("/v1/vpcs", new_vpc(w))),
    "PATCH /v1/vpcs/{id}": Row(lambda w: of("/v1/vpcs", vpc(w), json={"name": w.name()})),
    "DELETE /v1/vpcs/{id}": one("vpcs", vpc),
    "POST /v1/vpcs/{id}/cidr-blocks": Row(with_another_block),
    "DELETE /v1/vpcs/{id}/cidr-blocks/{block_id}": Row(with_block),
    "POST /v1/vpcs/{id}/routes": Row(lambda w: Call(f"/v1/vpcs/{vpc(w)['id']}/routes", to_nowhere())),
    "POST /v1/vpn-tunnels": Row(lambda w: Call("/v1/vpn-tunnels", new_tunnel(w))),
    "DELETE /v1/vpn-tunnels/{id}": one("vpn-tunnels", tunnel),
}

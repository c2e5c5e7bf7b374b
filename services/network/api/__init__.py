"""End points of network: parse, call an operation, return. A file for each noun of the URLs."""

from __future__ import annotations

from django.urls import URLPattern

from services.network.api.acls import routes as acl_routes
from services.network.api.addresses import routes as address_routes
from services.network.api.cidr_blocks import routes as cidr_block_routes
from services.network.api.firewall import routes as firewall_routes
from services.network.api.nat_gateways import routes as nat_gateway_routes
from services.network.api.peerings import routes as peering_routes
from services.network.api.route_tables import routes as route_table_routes
from services.network.api.routes import routes as route_routes
from services.network.api.security_groups import routes as security_group_routes
from services.network.api.subnets import routes as subnet_routes
from services.network.api.translations import routes as translation_routes
from services.network.api.usage import routes as usage_routes
from services.network.api.vpcs import routes as vpc_routes
from services.network.api.vpn_tunnels import routes as vpn_tunnel_routes
from services.network.ports import Ports

NOUNS = (
    vpc_routes,
    cidr_block_routes,
    subnet_routes,
    address_routes,
    usage_routes,
    acl_routes,
    security_group_routes,
    firewall_routes,
    route_table_routes,
    route_routes,
    peering_routes,
    vpn_tunnel_routes,
    nat_gateway_routes,
    translation_routes,
)


def routes(ports: Ports) -> list[URLPattern]:
    """All end points."""
    return [route for noun in NOUNS for route in noun(ports)]

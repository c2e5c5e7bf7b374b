"""VPN tunnels."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import TUNNELS, create_vpc


def test_a_tunnels_packet_sizes_leave_room_for_its_encapsulation(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)

    def sizes(**fields: object) -> tuple[int, int, int]:
        body = {"vpc_id": vpc["id"], "name": "office", "peer_address": "192.0.2.1", **fields}
        tunnel = tenant.api.ok("POST", TUNNELS, 201, json=body)
        return tunnel["mtu"], tunnel["mss"], tunnel["mss_ipv6"]

    assert sizes() == (1_406, 1_366, 1_346)
    assert sizes(nat_traversal=True) == (1_398, 1_358, 1_338)
    assert sizes(cipher="aes-256-cbc-sha256") == (1_390, 1_350, 1_330)
    assert sizes(peer_address="2001:db8::1") == (1_386, 1_346, 1_326)

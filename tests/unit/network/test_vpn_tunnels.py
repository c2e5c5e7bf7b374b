"""Sizes of packets in a VPN tunnel."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import parse_address
from services.network.domain.errors import PeerAddressRefused, TunnelMtuTooSmall
from services.network.domain.vpn_tunnels import Cipher, check_peer, tcp_mss, tunnel_mtu


@pytest.mark.parametrize(
    ("cipher", "outer_version", "nat_traversal", "mtu"),
    [
        (Cipher.AES_GCM, 4, False, 1406),
        (Cipher.AES_GCM, 4, True, 1398),
        (Cipher.AES_GCM, 6, False, 1386),
        (Cipher.CHACHA20_POLY1305, 4, False, 1406),
        (Cipher.AES_CBC_SHA256, 4, False, 1390),
        (Cipher.AES_CBC_SHA256, 4, True, 1390),
        (Cipher.AES_CBC_SHA256, 6, True, 1358),
    ],
)
def test_a_tunnels_mtu_is_what_encapsulation_leaves_of_1460(
    cipher: Cipher, outer_version: int, nat_traversal: bool, mtu: int
) -> None:
    assert tunnel_mtu(cipher, outer_version=outer_version, nat_traversal=nat_traversal) == mtu


@pytest.mark.parametrize("cipher", list(Cipher))
def test_the_largest_inner_packet_fits_and_one_byte_more_does_not(cipher: Cipher) -> None:
    block, overhead = {
        Cipher.AES_GCM: (4, 52),
        Cipher.CHACHA20_POLY1305: (4, 52),
        Cipher.AES_CBC_SHA256: (16, 60),
    }[cipher]

    def encapsulated(inner: int) -> int:
        return -(-(inner + 2) // block) * block + overhead

    mtu = tunnel_mtu(cipher, gateway_mtu=1500)

    assert encapsulated(mtu) <= 1500 < encapsulated(mtu + 1)


def test_the_mss_leaves_room_for_ip_and_tcp_headers() -> None:
    assert tcp_mss(1406) == 1366
    assert tcp_mss(1406, inner_version=6) == 1346


def test_a_gateway_mtu_that_leaves_too_little_is_refused() -> None:
    assert tunnel_mtu(Cipher.AES_GCM, gateway_mtu=632) == 578
    with pytest.raises(TunnelMtuTooSmall):
        tunnel_mtu(Cipher.AES_GCM, gateway_mtu=631)


@pytest.mark.parametrize("address", ["8.8.8.8", "192.0.2.1", "203.0.113.9", "2001:db8::1", "2606:4700:4700::1111"])
def test_a_peer_has_a_public_address(address: str) -> None:
    assert str(check_peer(parse_address(address))) == address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.0.192",
            "0.0.0.0",
            "224.0.0.5",
        ),
        *("240.0.0.1", "255.255.255.255", "198.18.0.1", "168.63.129.16", "::1", "::", "fe80::1", "ff02::1"),
        *("fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:a9fe:a9fe::1", "64:ff9b::a00:1", "fec0::1"),
    ],
)
def test_a_peer_is_neither_inside_the_platform_nor_one_address_in_the_dress_of_another(address: str) -> None:
    with pytest.raises(PeerAddressRefused):
        check_peer(parse_address(address))

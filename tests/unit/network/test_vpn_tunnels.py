"""Sizes of packets in a VPN tunnel."""

from __future__ import annotations

import pytest

from services.network.domain.errors import TunnelMtuTooSmall
from services.network.domain.vpn_tunnels import Cipher, tcp_mss, tunnel_mtu


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

"""Sizes of packets in an IPsec tunnel: ESP in tunnel mode (RFC 4303), UDP-encapsulated behind NAT (RFC 3948)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.network.domain.cidr import Address, overlaps, parse_network
from services.network.domain.errors import PeerAddressRefused, TunnelMtuTooSmall

GATEWAY_MTU = 1460
"""Bytes on the outside of the tunnel (Google Cloud VPN's gateway MTU)."""

IP_HEADER = {4: 20, 6: 40}
UDP_HEADER = 8
TCP_HEADER = 20
ESP_HEADER = 8
"""Security parameters index and sequence number, four bytes each."""
ESP_TRAILER = 2
"""Pad length and next header; they are encrypted with the payload."""
ESP_ALIGNMENT = 4

MINIMUM_MTU = {4: 576, 6: 1280}
"""What every link must carry whole (RFC 791, RFC 8200 §5)."""

EXAMPLES = tuple(map(parse_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
"""Addresses of documentation (RFC 5737, RFC 3849): they stand for public ones."""
TRANSITION = tuple(map(parse_network, ("2002::/16", "2001::/32", "64:ff9b::/96", "::ffff:0:0/96")))
"""IPv6 addresses that hold one of IPv4 (6to4, Teredo, NAT64, mapped): no gateway's own."""
AGENTS = tuple(map(parse_network, ("168.63.129.16/32", "192.0.0.0/24", "fec0::/10")))
"""Agents of clouds at addresses that look public, Azure's and Oracle's, whose range is the IETF's for protocols
(RFC 6890); and what was site-local (RFC 3879)."""


class Cipher(StrEnum):
    """Transforms on offer."""

    AES_GCM = "aes-256-gcm"
    AES_CBC_SHA256 = "aes-256-cbc-sha256"
    CHACHA20_POLY1305 = "chacha20-poly1305"


@dataclass(frozen=True)
class Transform:
    """What a cipher adds to each packet, in bytes."""

    iv: int
    block: int
    icv: int


TRANSFORMS = {
    Cipher.AES_GCM: Transform(iv=8, block=ESP_ALIGNMENT, icv=16),
    Cipher.AES_CBC_SHA256: Transform(iv=16, block=16, icv=16),
    Cipher.CHACHA20_POLY1305: Transform(iv=8, block=ESP_ALIGNMENT, icv=16),
}


def tunnel_mtu(
    cipher: Cipher, gateway_mtu: int = GATEWAY_MTU, outer_version: int = 4, nat_traversal: bool = False
) -> int:
    """Bytes of the largest inner packet whose encapsulated form is no larger than `gateway_mtu`.

    Raises TunnelMtuTooSmall when that is less than every IPv4 link must carry.
    """
    transform = TRANSFORMS[cipher]
    headers = IP_HEADER[outer_version] + (UDP_HEADER if nat_traversal else 0) + ESP_HEADER
    encrypted = gateway_mtu - headers - transform.iv - transform.icv
    inner = encrypted - encrypted % transform.block - ESP_TRAILER
    if inner < MINIMUM_MTU[4]:
        raise TunnelMtuTooSmall(f"a gateway MTU of {gateway_mtu} leaves {inner} bytes inside the tunnel")
    return inner


def tcp_mss(mtu: int, inner_version: int = 4) -> int:
    """Bytes of TCP payload in one inner packet without options: what SYN packets are clamped to."""
    return mtu - IP_HEADER[inner_version] - TCP_HEADER


def check_peer(address: Address) -> Address:
    """The other end of a tunnel: a unicast address that the internet routes, as EC2 asks of a customer gateway.

    Everything that would lead into the platform is refused with that: loopback, link-local, private and shared space,
    the clouds' metadata, and IPv4 in the dress of IPv6. Raises PeerAddressRefused.
    """
    alone = parse_network(f"{address}/{address.max_prefixlen}")
    if any(overlaps(alone, example) for example in EXAMPLES):
        return address
    hidden = any(overlaps(alone, network) for network in (*TRANSITION, *AGENTS))
    if hidden or not address.is_global or address.is_multicast or address.is_reserved:
        raise PeerAddressRefused(f"{address} is not a public address", address=str(address))
    return address

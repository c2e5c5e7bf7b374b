"""Sizes of packets in an IPsec tunnel: ESP in tunnel mode (RFC 4303), UDP-encapsulated behind NAT (RFC 3948)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.network.domain.errors import TunnelMtuTooSmall

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

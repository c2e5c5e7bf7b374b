"""With any cipher and behind any gateway a full inner packet fits, and no byte is given away."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.network.domain.vpn_tunnels import Cipher, tcp_mss, tunnel_mtu

VECTOR = {Cipher.AES_GCM: 8, Cipher.AES_CBC_SHA256: 16, Cipher.CHACHA20_POLY1305: 8}
BLOCK = {Cipher.AES_GCM: 4, Cipher.AES_CBC_SHA256: 16, Cipher.CHACHA20_POLY1305: 4}
CHECK = 16


def on_the_wire(inner: int, cipher: Cipher, version: int, nat_traversal: bool) -> int:
    """Bytes of a packet around an inner one: RFC 4303 in tunnel mode, RFC 3948 behind NAT."""
    padded = -(-(inner + 2) // BLOCK[cipher]) * BLOCK[cipher]
    return {4: 20, 6: 40}[version] + (8 if nat_traversal else 0) + 8 + VECTOR[cipher] + padded + CHECK


@settings(derandomize=True, deadline=None)
@given(
    cipher=st.sampled_from(Cipher),
    gateway=st.integers(720, 9_000),
    version=st.sampled_from([4, 6]),
    nat_traversal=st.booleans(),
)
def test_a_full_packet_fits_and_one_that_is_a_byte_longer_does_not(
    cipher: Cipher, gateway: int, version: int, nat_traversal: bool
) -> None:
    mtu = tunnel_mtu(cipher, gateway, version, nat_traversal)

    assert on_the_wire(mtu, cipher, version, nat_traversal) <= gateway
    assert on_the_wire(mtu + 1, cipher, version, nat_traversal) > gateway
    assert tcp_mss(mtu) == mtu - 40

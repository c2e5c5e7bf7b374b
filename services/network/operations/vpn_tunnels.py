"""VPN tunnels: made and ended."""

from __future__ import annotations

from services.network import published
from services.network.domain.cidr import parse_address
from services.network.domain.routes import TargetKind
from services.network.domain.vpn_tunnels import Cipher, check_peer, tcp_mss, tunnel_mtu
from services.network.models import VpnTunnel
from services.network.operations.routes import lead_nowhere
from services.network.repository import VpcRepository, VpnTunnelRepository
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_tunnel(
    vpc_id: str, name: str, peer_address: str, cipher: str, nat_traversal: bool, gateway_mtu: int
) -> VpnTunnel:
    """A tunnel with the packet sizes that its encapsulation leaves.

    Raises NotFound, InvalidAddress, PeerAddressRefused or TunnelMtuTooSmall.
    """
    peer = check_peer(parse_address(peer_address))
    vpc = VpcRepository().get(vpc_id, lock=True)
    mtu = tunnel_mtu(Cipher(cipher), gateway_mtu, peer.version, nat_traversal)
    tunnel = VpnTunnelRepository().add(
        VpnTunnel(
            id=new_id("vpn"),
            tenant_id=current_tenant(),
            vpc=vpc,
            name=name,
            peer_address=str(peer),
            cipher=cipher,
            nat_traversal=nat_traversal,
            gateway_mtu=gateway_mtu,
            mtu=mtu,
            mss=tcp_mss(mtu),
        )
    )
    published.vpn_tunnel_created(tunnel)
    return tunnel


def delete_tunnel(tunnel_id: str, expected: EntityTags | None = None) -> None:
    """Remove a tunnel; routes to it lead nowhere from then on. Raises NotFound or VersionConflict."""
    tunnel = VpnTunnelRepository().get(tunnel_id, lock=True)
    check_version(tunnel, expected)
    published.vpn_tunnel_deleted(tunnel)
    lead_nowhere(TargetKind.VPN, tunnel.id)
    tunnel.delete()

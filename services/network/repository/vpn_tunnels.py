"""VPN tunnels."""

from __future__ import annotations

from services.network.models import VpnTunnel
from shared.infra.db.django import TenantRepository


class VpnTunnelRepository(TenantRepository[VpnTunnel]):
    """VPN tunnels."""

    model = VpnTunnel

"""What one gateway process holds: made at composition, used by every request."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.domain.client_address import Network
from services.gateway.limits import RateLimits
from services.gateway.operations import Proxy
from services.gateway.settings import Settings
from services.gateway.tokens import TokenVerifier
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Gateway:
    """The gateway's parts."""

    settings: Settings
    clock: Clock
    trusted: tuple[Network, ...]
    tokens: TokenVerifier
    limits: RateLimits
    proxy: Proxy

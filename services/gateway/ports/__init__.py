"""What the gateway needs from outside, made once at composition and used by every request."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.domain.client_address import Network
from services.gateway.domain.standing import Standing
from services.gateway.ports.api_keys import ApiKeys
from services.gateway.ports.documents import Documents
from services.gateway.ports.limits import RateLimits
from services.gateway.ports.shares import Shares
from services.gateway.ports.tokens import TokenVerifier
from services.gateway.ports.transport import Transport
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Who may still act, tokens, limits, the services' instances, and the HTTP client that carries requests there."""

    settings: Settings
    clock: Clock
    trusted: tuple[Network, ...]
    """Proxies whose X-Forwarded-For is believed."""
    standing: Standing
    tokens: TokenVerifier
    api_keys: ApiKeys
    limits: RateLimits
    shares: Shares
    upstreams: Upstreams
    http: Transport
    documents: Documents

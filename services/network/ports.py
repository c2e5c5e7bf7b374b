"""What network needs from outside: time, quotas that the tenants service keeps, and the platform's public addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once, in the composition root. `public_network` is what NAT gateways get their public addresses from."""

    clock: Clock
    quotas: Quotas
    public_network: IPv4Network

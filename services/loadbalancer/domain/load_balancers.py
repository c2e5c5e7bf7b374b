"""What a load balancer costs, and which listeners it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.loadbalancer.domain.errors import ListenerConflict

RATES: Mapping[str, Decimal] = {"loadbalancer.seconds": Decimal(1)}
"""Units a second by meter, from the load balancer's creation to its deletion."""


def check_listener_ports(ports: Sequence[int]) -> None:
    """Each port has one listener. Raises ListenerConflict."""
    if len(set(ports)) < len(ports):
        raise ListenerConflict("each port has one listener")

"""Settings of network."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often background work is done, and which public addresses the platform has."""

    service_name: str = "network"
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of held addresses is recorded: late enough to be few events, early enough for budgets."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often quota is compared with what exists. What goes astray is rare, and costs a tenant a VPC, subnet or
    address less until then."""
    nat_sweep_interval_seconds: float = Field(default=60.0, gt=0)
    """How often NAT connections that have ended are dropped. Until then they take room, and nothing else."""
    address_sweep_interval_seconds: float = Field(default=30.0, gt=0)
    """How often it is noted which addresses have rested. Whoever asks for one notes what is left, in its own time."""
    public_network: IPv4Network = IPv4Network("198.18.0.0/15")
    """Where public NAT gateways get their addresses from. Without one of the platform's own it is the range for
    measurements (RFC 2544), which nobody else in the internet has."""

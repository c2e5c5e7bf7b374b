"""Settings of network."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often addresses are metered, and what counts against quotas is counted."""

    service_name: str = "network"
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of held addresses is recorded: late enough to be few events, early enough for budgets."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often quota is compared with what exists. What goes astray is rare, and costs a tenant a VPC, subnet or
    address less until then."""

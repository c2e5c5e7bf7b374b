"""Settings of loadbalancer."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often load balancers are metered and counted."""

    service_name: str = "loadbalancer"
    listen_address: str = "0.0.0.0:8007"
    advertise_address: str = "loadbalancer:8007"
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of load balancers is recorded: late enough to be few events, early enough for budgets."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often quota is compared with the load balancers that exist. What goes astray is rare, and costs a tenant a
    load balancer less until then."""

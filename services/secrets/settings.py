"""Settings of the secrets service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often ended leases are cleared away, and quota is compared with what exists."""

    service_name: str = "secrets"
    listen_address: str = "0.0.0.0:8008"
    advertise_address: str = "secrets:8008"
    lease_sweep_seconds: float = Field(default=5.0, gt=0)
    """An expired lease is refused at once; what it stood for is removed at most this much later."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often reservations are compared with the secrets there are, for what no event settled: that is rare."""
    closed_interval_seconds: float = Field(default=10.0, gt=0)
    """How often it is looked for what requests left behind that were under way when their tenants were closed."""

"""Settings of dns."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The platform's name servers, which serve every zone, and how often zones are metered and counted."""

    service_name: str = "dns"
    listen_address: str = "0.0.0.0:8006"
    advertise_address: str = "dns:8006"
    name_servers: tuple[str, ...] = Field(default=("ns1.omnicloud.example.", "ns2.omnicloud.example."), min_length=1)
    """Absolute names; the first is the primary of every zone's SOA."""
    hostmaster: str = "hostmaster.omnicloud.example."
    """The mailbox of every zone's SOA, with its @ as a dot (RFC 1035 §3.3.13)."""
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of zones is recorded: late enough to be few events, early enough for budgets."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often quota is compared with the zones that exist. What goes astray is rare, and costs a tenant a zone less
    until then."""

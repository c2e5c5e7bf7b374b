"""Settings of dns."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The platform's name servers, which serve every zone."""

    service_name: str = "dns"
    listen_address: str = "0.0.0.0:8006"
    advertise_address: str = "dns:8006"
    name_servers: tuple[str, ...] = Field(default=("ns1.omnicloud.example.", "ns2.omnicloud.example."), min_length=1)
    """Absolute names; the first is the primary of every zone's SOA."""
    hostmaster: str = "hostmaster.omnicloud.example."
    """The mailbox of every zone's SOA, with its @ as a dot (RFC 1035 §3.3.13)."""

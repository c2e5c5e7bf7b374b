"""Settings of the compliance service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often resources are looked at."""

    service_name: str = "compliance"
    listen_address: str = "0.0.0.0:8014"
    advertise_address: str = "compliance:8014"
    audit_interval_seconds: float = Field(default=5.0, gt=0)
    """How long a change waits for its audit at most: only tenants in which something has changed are looked at.
    Gatekeeper, which looks at everything, does so every sixty seconds."""

"""Settings of the compliance service."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service needs."""

    service_name: str = "compliance"
    listen_address: str = "0.0.0.0:8014"
    advertise_address: str = "compliance:8014"

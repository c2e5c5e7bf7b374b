"""Settings of the tenants service."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service needs."""

    service_name: str = "tenants"
    listen_address: str = "0.0.0.0:8002"
    advertise_address: str = "tenants:8002"

"""Settings of the billing service."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service needs."""

    service_name: str = "billing"
    listen_address: str = "0.0.0.0:8012"
    advertise_address: str = "billing:8012"

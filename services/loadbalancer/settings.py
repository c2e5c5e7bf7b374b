"""Settings of loadbalancer."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service needs."""

    service_name: str = "loadbalancer"
    listen_address: str = "0.0.0.0:8007"
    advertise_address: str = "loadbalancer:8007"

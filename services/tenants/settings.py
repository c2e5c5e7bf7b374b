"""Settings of the tenants service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How long a claim on a quota waits to be settled."""

    service_name: str = "tenants"
    listen_address: str = "0.0.0.0:8002"
    advertise_address: str = "tenants:8002"

    reservation_seconds: int = Field(default=900, ge=1)
    """A reservation that is neither committed nor released for so long expires: far longer than a request with its
    retries and the event that settles it take, short enough that what was lost on the way doesn't block a tenant."""
    reservation_expiry_interval_seconds: float = Field(default=5.0, gt=0)
    """How often expired reservations are looked for: seconds don't matter beside a quarter of an hour."""

"""Settings of monitor."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often rules are evaluated, and how much a tenant may keep."""

    service_name: str = "monitor"
    listen_address: str = "0.0.0.0:8011"
    advertise_address: str = "monitor:8011"
    evaluation_interval_seconds: float = Field(default=2.0, gt=0)
    """How often the rules of all tenants are evaluated at the present time."""
    max_series_per_metric: int = Field(default=500, gt=0)
    """Series of one metric a tenant may have: a label whose values grow without bound shows here."""

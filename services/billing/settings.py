"""Settings of the billing service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often budgets are looked at."""

    service_name: str = "billing"
    listen_address: str = "0.0.0.0:8012"
    advertise_address: str = "billing:8012"
    budget_interval_seconds: float = Field(default=10.0, gt=0)
    """How often spending is compared with budgets: usage is metered every quarter of an hour, plans cost by the
    second, and whoever sets a budget wants to see at once that it works."""

"""Settings of network."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How often the time that addresses are held is metered."""

    service_name: str = "network"
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of held addresses is recorded: late enough to be few events, early enough for budgets."""

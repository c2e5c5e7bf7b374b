"""Settings of the config service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where configurations go, and how long a flag may be remembered."""

    service_name: str = "config"
    listen_address: str = "0.0.0.0:8009"
    advertise_address: str = "config:8009"
    kv_prefix: str = "omnicloud/config"
    flag_cache_seconds: int = Field(default=30, gt=0)
    """Changes show at once; only when Redis can't be told of one may the old flag be seen for this long."""
    recording_interval_seconds: float = Field(default=10.0, gt=0)
    """How often what is in force and couldn't be looked at is looked at again; changes of it are at once."""
    closed_interval_seconds: float = Field(default=10.0, gt=0)
    """How often it is looked for what requests left behind that were under way when their tenants were closed."""

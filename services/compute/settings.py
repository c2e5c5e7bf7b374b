"""Settings of compute."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The simulated clouds, and how often background work is done."""

    service_name: str = "compute"
    simulation_seed: int = 20_260_301
    """Which simulated cloud: the same seed gives the same node ids, latencies and failures."""
    simulation_failures_per_mille: int = Field(default=0, ge=0, le=1000)
    """Of 1000 provider requests, how many fail. None unless a drill asks for it."""
    work_threads: int = Field(default=12, ge=1)
    """How many instances are worked on at a time; each waits for its provider in a transaction."""
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of running instances is recorded: late enough to be few events, early enough for budgets."""
    resume_interval_seconds: float = Field(default=5.0, gt=0)
    """How often work that nobody is at is looked for, and how long it must have waited: longer than an event takes."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often reservations of quota are compared with what exists: what no event settled stays wrong that long."""

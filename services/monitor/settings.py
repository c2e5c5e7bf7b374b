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
    max_series: int = Field(default=5_000, gt=0)
    """Series of all metrics together a tenant may have."""
    max_series_per_metric: int = Field(default=500, gt=0)
    """Series of one metric a tenant may have: a label whose values grow without bound shows here."""
    max_samples: int = Field(default=20_000_000, gt=0)
    """Samples a tenant may keep: those of 440 series with one a minute, for as long as samples are kept."""
    max_rules: int = Field(default=500, gt=0)
    """Alert rules a tenant may have; those that don't fit into one evaluation are evaluated in the next."""
    max_silences: int = Field(default=500, gt=0)
    """Silences that haven't ended a tenant may have; those that hold are matched with every alert that is shown."""
    max_query_samples: int = Field(default=250_000, gt=0)
    """Samples that a query, or a tenant's rules in one evaluation, may read (Prometheus' `--query.max-samples`)."""
    retention_days: int = Field(default=31, gt=0)
    """How long samples are kept: longer than any window reaches back. A series without samples is forgotten."""
    retention_interval_seconds: float = Field(default=3600.0, gt=0)
    """How often what is older is removed."""
    closed_interval_seconds: float = Field(default=10.0, gt=0)
    """How often it is looked for what requests left behind that were under way when their tenants were closed."""

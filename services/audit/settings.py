"""Settings of the audit service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where checkpoints go and how often."""

    service_name: str = "audit"
    listen_address: str = "0.0.0.0:8013"
    advertise_address: str = "audit:8013"
    checkpoint_bucket: str = "audit-checkpoints"
    checkpoint_interval_seconds: float = Field(default=5.0, gt=0)
    """A tail can be cut off unseen for at most this long."""
    retention_interval_seconds: float = Field(default=5.0, gt=0)
    """How often records are looked for that are older than they are kept."""
    checkpoint_signing_key: str = ""
    """The secret of the key under which checkpoints are signed; the identity signing key where it is empty."""

    def signing_secret(self) -> str:
        """The text that the signing key is made of."""
        return self.checkpoint_signing_key or self.identity_signing_key

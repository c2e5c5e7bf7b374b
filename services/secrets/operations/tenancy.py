"""What happens to a tenant's secrets when the tenant doesn't go on."""

from __future__ import annotations

from services.secrets.operations import lease_tokens, secrets
from services.secrets.ports import Ports


def suspend(ports: Ports) -> None:
    """A suspended tenant's dynamic secrets stop working."""
    lease_tokens.revoke_all(ports)


def close(ports: Ports) -> None:
    """Nothing of a tenant that is gone stays behind."""
    lease_tokens.revoke_all(ports)
    secrets.delete_all(ports)

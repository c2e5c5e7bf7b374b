"""What happens to a tenant's secrets when the tenant doesn't go on."""

from __future__ import annotations

from services.secrets.operations import keys, lease_tokens, path_policies, secrets
from services.secrets.ports import Ports


def suspend(ports: Ports) -> None:
    """A suspended tenant's dynamic secrets stop working."""
    lease_tokens.revoke_all(ports)


def close(ports: Ports) -> None:
    """Nothing of a tenant that is gone stays behind."""
    lease_tokens.revoke_all(ports)
    lease_tokens.forget_all()
    secrets.delete_all(ports)
    keys.delete_all(ports)
    path_policies.delete_all()

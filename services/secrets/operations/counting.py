"""What a secret counts as in its tenant's quotas."""

from __future__ import annotations

from collections.abc import Collection

from services.secrets.ports import Ports
from services.secrets.repository import secrets
from shared.quotas import Claim, claim

RESOURCE = "secrets"


def claim_of(secret_id: str) -> Claim:
    """What a secret claims: one."""
    return claim(secret_id, RESOURCE)


def held(ports: Ports, reservation_ids: Collection[str]) -> set[str]:
    """Those of some reservations that stand for a secret there is, whoever's it is."""
    ids = [reservation_id.partition(".")[0] for reservation_id in reservation_ids]
    existing = ports.transactions.run(lambda _connection: secrets.existing(ids))
    return {claim_of(secret_id).reservation_id for secret_id in existing}

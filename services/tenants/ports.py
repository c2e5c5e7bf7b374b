"""What the tenants service needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.tenants.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Settings, the time, and transactions for what runs outside of requests."""

    settings: Settings
    clock: Clock
    transactions: DjangoTransactions

"""What the secrets service needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.secrets.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.secrets import SecretStore
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Settings, the time, Vault, the tenants' quotas, and transactions for what runs outside of requests."""

    settings: Settings
    clock: Clock
    store: SecretStore
    quotas: Quotas
    transactions: DjangoTransactions

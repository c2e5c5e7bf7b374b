"""What the auth service needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.ports.hashing import PasswordHashing
from services.auth.ports.sealing import Sealing
from services.auth.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.django_transactions import DjangoTransactions
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Settings, the time, the tenants service, what protects secrets at rest, and transactions outside of requests."""

    settings: Settings
    clock: Clock
    tenants: TenantsClient
    passwords: PasswordHashing
    sealing: Sealing
    transactions: DjangoTransactions


__all__ = ["PasswordHashing", "Ports", "Sealing"]

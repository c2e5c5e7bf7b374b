"""How tenants are billed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.billing import published
from services.billing.models import Account
from services.billing.repository import accounts
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.money import exponent


def change_account(changes: Mapping[str, Any], expected: EntityTags | None) -> Account:
    """Set currency, anchor day or tax rate of the tenant's account. Raises UnknownCurrency, VersionConflict."""
    account = accounts.mine(lock=True)
    check_version(account, expected)
    exponent(changes.get("currency", account.currency))
    for name, value in changes.items():
        setattr(account, name, value)
    published.account_changed(accounts.save(account))
    return account

"""Machines of the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.auth import published
from services.auth.models import Account
from services.auth.operations.accounts import SERVICE_ACCOUNT, add, disable, give
from services.auth.operations.api_keys import revoke
from services.auth.ports import Ports
from services.auth.repository import accounts, api_keys
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_service_account(ports: Ports, name: str, roles: Iterable[Mapping[str, str]]) -> Account:
    """A new service account of the tenant with its roles. Raises AccountExists and what granting raises."""
    account = add(ports, Account(id=new_id("sa"), kind=SERVICE_ACCOUNT, name=name))
    published.service_account_created(account)
    give(ports, account, roles)
    return account


def delete_service_account(ports: Ports, id: str, expected_version: EntityTags | None) -> None:
    """End a service account and revoke its keys. Doing it twice changes nothing.

    Raises LastAdministrator, VersionConflict or NotFound.
    """
    account = accounts.of_kinds([SERVICE_ACCOUNT], id, lock=True)
    check_version(account, expected_version)
    if account.state == "active":
        now = ports.clock.now()
        disable(account, now)
        for key in api_keys.in_force(account.id):
            revoke(key, now)
        published.service_account_deleted(account)

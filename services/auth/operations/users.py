"""People of the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.auth import published
from services.auth.domain.emails import normalise_email
from services.auth.domain.passwords import check_password
from services.auth.models import Account
from services.auth.operations.accounts import PEOPLE, add, disable, give
from services.auth.ports import Ports
from services.auth.repository import accounts
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_user(
    ports: Ports, email: str, password: str | None, name: str, roles: Iterable[Mapping[str, str]]
) -> Account:
    """A new user of the tenant with their roles. Without a password they can't log in.

    Raises InvalidEmail, WeakPassword, AccountExists, TenantSuspended, TenantClosed, and what granting raises.
    """
    address = normalise_email(email)
    password_hash = ports.passwords.hash(check_password(password, address)) if password is not None else None
    account = add(ports, Account(id=new_id("u"), kind="user", email=address, name=name, password_hash=password_hash))
    published.user_created(account)
    give(ports, account, roles)
    return account


def rename_user(id: str, name: str, expected_version: EntityTags | None) -> Account:
    """Change a user's name. Raises VersionConflict or NotFound."""
    account = accounts.of_kinds(PEOPLE, id, lock=True)
    check_version(account, expected_version)
    account.name = name
    accounts.save(account)
    published.user_updated(account)
    return account


def disable_user(ports: Ports, id: str, expected_version: EntityTags | None) -> None:
    """A user who left: no log-in any more, and the present ones are over. Doing it twice changes nothing.

    Raises LastAdministrator, VersionConflict or NotFound.
    """
    account = accounts.of_kinds(PEOPLE, id, lock=True)
    check_version(account, expected_version)
    if account.state == "active":
        disable(account, ports.clock.now())
        published.user_disabled(account)

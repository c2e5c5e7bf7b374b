"""Use cases around accounts and their credentials. Each runs in the transaction of its request, its events included."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.auth import events, sealing, standing
from services.auth.domain import api_keys as keys
from services.auth.domain import totp
from services.auth.domain.emails import normalise_email
from services.auth.domain.lockout import InvalidCredentials
from services.auth.domain.passwords import check_password
from services.auth.grant_operations import grant_role
from services.auth.hashing import hash_password, verify_password
from services.auth.models import Account, ApiKey
from services.auth.repository import accounts, api_keys, sessions
from services.auth.token_operations import spend_code
from shared.errors import Conflict
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

PEOPLE = ("user", "operator")
SERVICE_ACCOUNT = "service_account"


class TotpAlreadyEnabled(Conflict):
    """The account has a second factor."""

    code = "totp_already_enabled"


class TotpNotEnrolled(Conflict):
    """There is nothing to verify yet."""

    code = "totp_not_enrolled"


def create_user(email: str, password: str | None, name: str, roles: Iterable[Mapping[str, str]]) -> Account:
    """A new user of the tenant with their roles. Without a password they can't log in until one is set.

    Raises InvalidEmail, WeakPassword, AccountExists, TenantSuspended, TenantClosed, and what granting raises.
    """
    address = normalise_email(email)
    password_hash = hash_password(check_password(password, address)) if password is not None else None
    account = _add_account(Account(id=new_id("u"), kind="user", email=address, name=name, password_hash=password_hash))
    events.user_event("auth.user.created", account)
    _give(account, roles)
    return account


def create_service_account(name: str, roles: Iterable[Mapping[str, str]]) -> Account:
    """A new service account of the tenant with its roles. Raises AccountExists and what granting raises."""
    account = _add_account(Account(id=new_id("sa"), kind=SERVICE_ACCOUNT, name=name))
    events.service_account_event("auth.service_account.created", account)
    _give(account, roles)
    return account


def _add_account(account: Account) -> Account:
    account.tenant_id = current_tenant()
    standing.ensure_open(account.tenant_id)
    return accounts.add(account)


def _give(account: Account, roles: Iterable[Mapping[str, str]]) -> None:
    for entry in roles:
        grant_role(account.id, entry["role"], entry["scope"])


def rename_user(id: str, name: str, expected_version: int | None) -> Account:
    """Change a user's name. Raises VersionConflict or NotFound."""
    account = accounts.of_kinds(PEOPLE, id, lock=True)
    check_version(account, expected_version)
    account.name = name
    accounts.save(account)
    events.user_event("auth.user.updated", account)
    return account


def disable_user(id: str, now: datetime) -> None:
    """A user who left: no log-in any more, and the present ones are over. Doing it twice changes nothing."""
    account = accounts.of_kinds(PEOPLE, id, lock=True)
    if account.state == "active":
        _disable(account, now)
        events.user_event("auth.user.disabled", account)


def delete_service_account(id: str, now: datetime) -> None:
    """End a service account and revoke its keys. Doing it twice changes nothing."""
    account = accounts.of_kinds([SERVICE_ACCOUNT], id, lock=True)
    if account.state == "active":
        _disable(account, now)
        for key in api_keys.in_force(account.id):
            _revoke_key(key, now)
        events.service_account_event("auth.service_account.deleted", account)


def _disable(account: Account, now: datetime) -> None:
    account.state = "disabled"
    accounts.save(account)
    events.end_sessions(sessions.hold_open(account_id=account.id), now, "disabled")


def change_password(account_id: str, present: str, wanted: str, now: datetime) -> None:
    """Set one's own password; all log-ins of the account are over. Raises InvalidCredentials or WeakPassword."""
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if not verify_password(account.password_hash, present):
        raise InvalidCredentials("the present password is wrong")
    account.password_hash = hash_password(check_password(wanted, str(account.email)))
    accounts.save(account)
    events.user_event("auth.user.updated", account)
    events.end_sessions(sessions.hold_open(account_id=account.id), now, "password")


def create_api_key(service_account_id: str, name: str, lifetime: timedelta | None, now: datetime) -> ApiKey:
    """A new key of a service account. Its text is in the answer, as `key`, and kept nowhere. Raises NotFound."""
    account = accounts.of_kinds([SERVICE_ACCOUNT], service_account_id, lock=True)
    secret = secrets.token_urlsafe(keys.SECRET_BYTES)
    key = api_keys.add(
        ApiKey(
            id=new_id("key"),
            tenant_id=account.tenant_id,
            account=account,
            name=name,
            secret_digest=keys.digest(secret),
            expires_at=now + lifetime if lifetime else None,
        )
    )
    events.api_key_event("auth.api_key.created", key)
    key.key = keys.format_key(key.id, secret)
    return key


def revoke_api_key(id: str, now: datetime) -> None:
    """A key that must not work any more. Doing it twice changes nothing. Raises NotFound."""
    key = api_keys.get(id, lock=True)
    if key.revoked_at is None:
        _revoke_key(key, now)


def _revoke_key(key: ApiKey, now: datetime) -> None:
    key.revoked_at = now
    api_keys.save(key)
    events.api_key_event("auth.api_key.revoked", key)


def enrol_totp(account_id: str) -> dict[str, str]:
    """Prepare a second factor: its secret, to be typed or scanned. It counts once a code was verified.

    Raises TotpAlreadyEnabled.
    """
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if account.totp_enabled:
        raise TotpAlreadyEnabled("this account has a second factor")
    secret = secrets.token_bytes(totp.SECRET_BYTES)
    account.totp_secret, account.totp_last_step = sealing.seal(secret, account.id), None
    accounts.save(account)
    events.totp_event("auth.totp.enrolled", account)
    return {
        "secret": totp.encode_secret(secret),
        "otpauth_uri": totp.provisioning_uri(secret, str(account.email)),
    }


def verify_totp(account_id: str, code: str, now: datetime) -> None:
    """Switch the second factor on by its first code. Raises TotpNotEnrolled, TotpAlreadyEnabled or InvalidCode."""
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if account.totp_enabled:
        raise TotpAlreadyEnabled("this account has a second factor")
    if account.totp_secret is None:
        raise TotpNotEnrolled("enrol first")
    account.totp_enabled = True
    spend_code(account, code, now)
    events.totp_event("auth.totp.enabled", account)

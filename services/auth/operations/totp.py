"""The second factor: one-time codes."""

from __future__ import annotations

import secrets
from datetime import datetime

from services.auth import published
from services.auth.domain import totp
from services.auth.models import Account
from services.auth.operations.accounts import PEOPLE
from services.auth.ports import Ports
from services.auth.repository import accounts
from shared.errors import Conflict, Unauthenticated


class TotpRequired(Unauthenticated):
    """The password is right, and the account wants a one-time code as well."""

    code = "totp_required"


class TotpAlreadyEnabled(Conflict):
    """The account has a second factor."""

    code = "totp_already_enabled"


class TotpNotEnrolled(Conflict):
    """There is nothing to verify yet."""

    code = "totp_not_enrolled"


def enrol_totp(ports: Ports, account_id: str) -> dict[str, str]:
    """Prepare a second factor: its secret, to be typed or scanned. It counts once a code was verified.

    Raises TotpAlreadyEnabled.
    """
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if account.totp_enabled:
        raise TotpAlreadyEnabled("this account has a second factor")
    secret = secrets.token_bytes(totp.SECRET_BYTES)
    account.totp_secret, account.totp_last_step = ports.sealing.seal(secret, account.id), None
    accounts.save(account)
    published.totp_enrolled(account)
    return {
        "secret": totp.encode_secret(secret),
        "otpauth_uri": totp.provisioning_uri(secret, str(account.email)),
    }


def verify_totp(ports: Ports, account_id: str, code: str) -> None:
    """Switch the second factor on by its first code. Raises TotpNotEnrolled, TotpAlreadyEnabled or InvalidCode."""
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if account.totp_enabled:
        raise TotpAlreadyEnabled("this account has a second factor")
    if account.totp_secret is None:
        raise TotpNotEnrolled("enrol first")
    account.totp_enabled = True
    spend_code(ports, account, code, ports.clock.now())
    published.totp_enabled(account)


def spend_code(ports: Ports, account: Account, code: str | None, now: datetime) -> None:
    """Accept a one-time code of the account, once. Raises TotpRequired or InvalidCode."""
    if code is None:
        raise TotpRequired("a one-time code is needed as well: send totp_code")
    secret = ports.sealing.unseal(str(account.totp_secret), account.id)
    account.totp_last_step = totp.verify(secret, code, now, account.totp_last_step)
    accounts.save(account)

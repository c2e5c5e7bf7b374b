"""What people do with their own account."""

from __future__ import annotations

from services.auth import published
from services.auth.domain.lockout import InvalidCredentials
from services.auth.domain.passwords import check_password
from services.auth.operations.accounts import PEOPLE
from services.auth.operations.sessions import end
from services.auth.ports import Ports
from services.auth.repository import accounts, sessions


def change_password(ports: Ports, account_id: str, present: str, wanted: str) -> None:
    """Set one's own password; all log-ins of the account are over. Raises InvalidCredentials or WeakPassword."""
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if not ports.passwords.matches(account.password_hash, present):
        raise InvalidCredentials("the present password is wrong")
    account.password_hash = ports.passwords.hash(check_password(wanted, str(account.email)))
    accounts.save(account)
    published.user_updated(account)
    end(sessions.hold_open(account_id=account.id), ports.clock.now(), "password")

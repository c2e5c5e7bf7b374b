"""What people do with their own account."""

from __future__ import annotations

from services.auth import published
from services.auth.domain.lockout import InvalidCredentials
from services.auth.domain.passwords import check_password
from services.auth.operations import login_failures
from services.auth.operations.accounts import PEOPLE
from services.auth.operations.sessions import end
from services.auth.operations.tokens import Claimed
from services.auth.ports import Ports
from services.auth.repository import accounts, sessions


def change_password(ports: Ports, account_id: str, present: str, wanted: str, address: str) -> None:
    """Set one's own password; all log-ins of the account are over.

    The present password is guessed here no oftener than at log-in, where the same failures count (OWASP ASVS 2.2.1):
    whoever has only found a token doesn't find out the password by it. Raises InvalidCredentials (counted and told; the
    end point answers it without rolling back), TooManyAttempts or WeakPassword.
    """
    now = ports.clock.now()
    named = accounts.of_kinds(PEOPLE, account_id)
    failures = login_failures.hold(Claimed(named.tenant_id, str(named.email), address), now)
    account = accounts.of_kinds(PEOPLE, account_id, lock=True)
    if not ports.passwords.matches(account.password_hash, present):
        login_failures.count_and_tell(failures, account, address, "password", now)
        raise InvalidCredentials("the present password is wrong")
    failures.forget()
    account.password_hash = ports.passwords.hash(check_password(wanted, str(account.email)))
    accounts.save(account)
    published.user_updated(account)
    end(sessions.hold_open(account_id=account.id), now, "password")

"""The first operator of the platform, made when the service starts."""

from __future__ import annotations

from django.db import OperationalError, transaction

from services.auth import events
from services.auth.domain.emails import normalise_email
from services.auth.domain.passwords import check_password
from services.auth.hashing import hash_password
from services.auth.models import Account
from services.auth.repository import AccountExists, accounts
from services.auth.settings import Settings
from services.auth.standing import PLATFORM_TENANT
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.utils.clock import system_clock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id
from shared.utils.retry import call_with_retry

PATIENCE_SECONDS = 30.0
"""How long a database that is just starting is waited for."""

log = logger(__name__)


class OperatorBootstrap:
    """Makes the operator named in the settings, unless there is one of that address; several may try at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self) -> None:
        """Make sure of the operator. Raises InvalidEmail or WeakPassword for settings that can't be used."""
        if not self._settings.bootstrap_operator_email:
            return
        call_with_retry(
            self._ensure,
            retry_on=lambda error: isinstance(error, OperationalError),
            attempts=1_000,
            deadline=Deadline.after(PATIENCE_SECONDS),
        )

    def stop(self) -> None:
        """Nothing goes on."""

    def _ensure(self) -> None:
        email = normalise_email(self._settings.bootstrap_operator_email)
        password = check_password(self._settings.bootstrap_operator_password.get_secret_value(), email)
        with service_context("auth", PLATFORM_TENANT, system_clock(self._settings.clock_file)), transaction.atomic():
            if accounts.by_email(PLATFORM_TENANT, email) is None:
                self._create(email, password)

    def _create(self, email: str, password: str) -> None:
        operator = Account(
            id=new_id("u"),
            tenant_id=PLATFORM_TENANT,
            kind="operator",
            name="Operator",
            email=email,
            password_hash=hash_password(password),
        )
        try:
            accounts.add(operator)
        except AccountExists:
            return
        events.user_event("auth.user.created", operator)
        log.info("operator created", email=email)

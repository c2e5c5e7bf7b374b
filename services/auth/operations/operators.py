"""The first operator of the platform, made when the service starts."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from services.auth import published
from services.auth.domain.emails import normalise_email
from services.auth.domain.passwords import check_password
from services.auth.models import Account
from services.auth.ports import Ports
from services.auth.repository import AccountExists, accounts
from shared.kernel.context import service_context
from shared.kernel.identity import PLATFORM_TENANT
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id
from shared.utils.retry import call_with_retry

PATIENCE_SECONDS = 30.0
"""How long a database that is just starting is waited for."""

log = logger("auth.operators")


class OperatorBootstrap:
    """Makes the operator named in the settings, unless there is one of that address; several may try at once."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def start(self) -> None:
        """Make sure of the operator. Raises InvalidEmail or WeakPassword for settings that can't be used."""
        if not self._ports.settings.bootstrap_operator_email:
            return
        call_with_retry(
            self._ensure,
            retry_on=lambda error: isinstance(error, OperationalError),
            attempts=1_000,
            deadline=Deadline.after(PATIENCE_SECONDS, self._ports.clock),
        )

    def stop(self) -> None:
        """Nothing goes on."""

    def _ensure(self) -> None:
        settings = self._ports.settings
        email = normalise_email(settings.bootstrap_operator_email)
        password = check_password(settings.bootstrap_operator_password.get_secret_value(), email)

        def ensure(_connection: Any) -> None:
            if accounts.by_email(PLATFORM_TENANT, email) is None:
                self._create(email, password)

        with service_context(settings.service_name, PLATFORM_TENANT, self._ports.clock, work=Work("make the operator")):
            self._ports.transactions.run(ensure)

    def _create(self, email: str, password: str) -> None:
        operator = Account(
            id=new_id("u"),
            tenant_id=PLATFORM_TENANT,
            kind="operator",
            name="Operator",
            email=email,
            password_hash=self._ports.passwords.hash(password),
        )
        try:
            accounts.add(operator)
        except AccountExists:
            return
        published.user_created(operator)
        log.info("operator created", email=email)

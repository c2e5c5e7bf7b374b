"""A logged-in session with Vault: AppRole, a token that is kept alive, and errors that say nothing secret.

No exception of the client library leaves this module, not even as a cause: their texts may quote what was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import hvac
import requests
from hvac import exceptions

from shared.errors import NotFound, SecretVersionConflict, ServiceUnavailable, ValidationFailed
from shared.settings import ServiceSettings
from shared.utils.clock import Clock, SystemClock

T = TypeVar("T")

CALL_TIMEOUT_SECONDS = 3
"""A Vault that is silent is found out, with a caller's repetitions, before the caller's own time is up."""
SILENCE_SECONDS = 1.0
"""For so long after a log-in or a renewal that got no answer all are refused: who waited for it can't wait again."""
RENEW_AT_SHARE = 2 / 3
"""A token is renewed when this part of its life is over. Its leases live as long as it does, so it isn't replaced."""
_SYSTEM = SystemClock()


class SecretsUnavailable(ServiceUnavailable):
    """Vault is sealed, unreachable or refuses our credentials. Nothing is answered from anywhere else."""

    code = "secrets_unavailable"


class SecretNotFound(NotFound):
    """No such secret, or this version of it is deleted."""

    code = "secret_not_found"


class SecretRequestRefused(ValidationFailed):
    """Vault refuses the content of a request, for example a ciphertext that isn't one."""

    code = "secret_request_refused"


class VaultSession:
    """One client, safe to share between threads; it logs in at first use."""

    def __init__(self, url: str, role_id: str, secret_id: str, clock: Clock = _SYSTEM) -> None:
        self._role_id = role_id
        self._secret_id = secret_id
        self._clock = clock
        self._client = hvac.Client(url=url, token="", timeout=CALL_TIMEOUT_SECONDS)
        self._client.session.trust_env = False
        self._renew_at = float("-inf")
        self._silent_until = float("-inf")
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: ServiceSettings, clock: Clock = _SYSTEM) -> VaultSession:
        """The session these settings describe; nothing is connected yet."""
        return cls(settings.vault_addr, settings.vault_role_id, settings.vault_secret_id, clock)

    def call(self, operation: Callable[[Any], T]) -> T:
        """Run an operation on the logged-in client, after a fresh login if the token is refused.

        Raises SecretNotFound, SecretVersionConflict, SecretRequestRefused and SecretsUnavailable.
        """
        error: Exception
        try:
            try:
                return operation(self._authenticated())
            except exceptions.Forbidden:
                return operation(self._authenticated(again=True))
        except (exceptions.VaultError, requests.RequestException) as problem:
            error = _translation(problem)
        raise error

    def _authenticated(self, again: bool = False) -> Any:
        with self._lock:
            if again or not self._client.token:
                self._tried(self._log_in)
            elif self._clock.monotonic() >= self._renew_at:
                self._tried(self._renew)
            return self._client

    def _tried(self, log_in: Callable[[], None]) -> None:
        """Log in, unless nobody answered that just now. One caller waits for a silent Vault, the others for that one.

        Raises SecretsUnavailable and the client's errors.
        """
        if self._clock.monotonic() < self._silent_until:
            raise SecretsUnavailable("Vault doesn't answer")
        try:
            log_in()
        except requests.Timeout:
            self._silent_until = self._clock.monotonic() + SILENCE_SECONDS
            raise

    def _log_in(self) -> None:
        answer = self._client.auth.approle.login(self._role_id, self._secret_id)
        self._remember(answer["auth"]["lease_duration"])

    def _renew(self) -> None:
        try:
            answer = self._client.auth.token.renew_self()
        except (exceptions.Forbidden, exceptions.InvalidRequest):
            self._log_in()
            return
        self._remember(answer["auth"]["lease_duration"])

    def _remember(self, seconds: float) -> None:
        self._renew_at = self._clock.monotonic() + seconds * RENEW_AT_SHARE


def _translation(problem: Exception) -> Exception:
    if isinstance(problem, exceptions.InvalidPath):
        return SecretNotFound("no such secret, or this version of it is deleted")
    if isinstance(problem, exceptions.Forbidden):
        return SecretsUnavailable("Vault refuses this service's credentials")
    if isinstance(problem, exceptions.InvalidRequest):
        if "check-and-set" in str(problem):
            return SecretVersionConflict("the secret has another version than expected")
        return SecretRequestRefused("Vault refuses the request")
    if isinstance(problem, exceptions.VaultDown):
        return SecretsUnavailable("Vault is sealed")
    return SecretsUnavailable(f"Vault doesn't answer ({type(problem).__name__})")

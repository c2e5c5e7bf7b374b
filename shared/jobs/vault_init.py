"""`python -m shared.jobs.vault_init [--watch]` opens Vault and makes it ready for the services.

Without `--watch`: initialise (once in the life of a Vault), unseal, configure, exit. With it: stay, and unseal after
each restart of Vault, which always starts sealed. Environment: VAULT_ADDR, VAULT_KEYS_FILE, VAULT_ROLE_ID,
VAULT_SECRET_ID, and VAULT_DATABASE_URL for dynamic database credentials.

The keys lie in a file that only this job's user can read. That is the trade-off of an unsealer without a person or a
cloud key service: whoever reads the file opens the Vault.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import hvac
import requests
from hvac.exceptions import VaultError

from shared.jobs.vault_configuration import ConfigurationFailed, VaultConfiguration
from shared.settings import ServiceSettings
from shared.utils.deadline import Deadline
from shared.utils.retry import call_with_retry

log = logging.getLogger(__name__)

SHARES = 5
THRESHOLD = 3
RETRY_SECONDS = 0.5
"""Pause while Vault is away or can't be opened."""
LOOK_SECONDS = 5.0
"""How often to look at a Vault that is there: somebody may have sealed it."""
PATIENCE_SECONDS = 60.0
CALL_TIMEOUT_SECONDS = 10


class KeysMissing(Exception):
    """Vault was initialised by somebody else, or its keys are lost; the text says what to do."""


@dataclass(frozen=True)
class SealStatus:
    """Whether Vault has been initialised, and whether it is sealed."""

    initialized: bool
    sealed: bool


@dataclass(frozen=True)
class Keys:
    """What initialisation hands out, once."""

    shares: tuple[str, ...] = field(repr=False)
    root_token: str = field(repr=False)


class VaultSystem(Protocol):
    """The part of Vault's system API that opening needs."""

    def status(self) -> SealStatus:
        """The present status."""

    def initialize(self, shares: int, threshold: int) -> Keys:
        """Initialise: fresh keys."""

    def submit_share(self, share: str) -> bool:
        """Submit one unseal key; whether Vault is still sealed."""


class KeysFile:
    """The keys on disk, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Keys:
        """The keys. Raises KeysMissing."""
        try:
            content = json.loads(self.path.read_text())
        except FileNotFoundError as error:
            raise KeysMissing(f"Vault is initialised but {self.path} doesn't exist: restore the file") from error
        return Keys(tuple(content["shares"]), content["root_token"])

    def check_writable(self) -> None:
        """Raise OSError now rather than when there are keys to lose."""
        with tempfile.NamedTemporaryFile(dir=self.path.parent):
            pass

    def write(self, keys: Keys) -> None:
        """Write all or nothing, to the disk, with mode 0600."""
        descriptor, name = tempfile.mkstemp(dir=self.path.parent)  # mkstemp makes files with mode 0600.
        with contextlib.ExitStack() as undo:
            undo.callback(Path(name).unlink, missing_ok=True)
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(keys), file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
            undo.pop_all()


class Opener:
    """Initialises and unseals."""

    def __init__(self, system: VaultSystem, keys_file: KeysFile) -> None:
        self._system = system
        self._keys_file = keys_file

    def open(self) -> Keys:
        """Initialise if that was never done, unseal if sealed; the keys. Raises KeysMissing."""
        if not self._system.status().initialized:
            self._keys_file.check_writable()
            self._keys_file.write(self._system.initialize(SHARES, THRESHOLD))
            log.info("Vault initialised; keys in %s", self._keys_file.path)
        keys = self._keys_file.read()
        self.unseal_if_sealed()
        return keys

    def unseal_if_sealed(self) -> bool:
        """Unseal a sealed Vault with the keys on file; whether it had to be done. Raises KeysMissing."""
        status = self._system.status()
        if not (status.initialized and status.sealed):
            return False
        for share in self._keys_file.read().shares[:THRESHOLD]:
            if not self._system.submit_share(share):
                log.info("Vault unsealed")
                return True
        raise KeysMissing(f"the keys in {self._keys_file.path} don't open this Vault: restore the right file")


class HvacSystem:
    """Vault's system API over HTTP."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def status(self) -> SealStatus:
        """See VaultSystem.status."""
        answer = self._client.sys.read_seal_status()
        return SealStatus(answer["initialized"], answer["sealed"])

    def initialize(self, shares: int, threshold: int) -> Keys:
        """See VaultSystem.initialize."""
        answer = self._client.sys.initialize(shares, threshold)
        return Keys(tuple(answer["keys_base64"]), answer["root_token"])

    def submit_share(self, share: str) -> bool:
        """See VaultSystem.submit_share."""
        return bool(self._client.sys.submit_unseal_key(share)["sealed"])


class Presence:
    """A connection that carries nothing: it breaks when the server at its other end goes, and that is all it is for."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._address = parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else 80)
        self._connection: socket.socket | None = None

    def begin(self) -> None:
        """Connect, unless that is done. Raises OSError."""
        if self._connection is None:
            self._connection = socket.create_connection(self._address, CALL_TIMEOUT_SECONDS)

    def wait_for_loss(self, seconds: float) -> None:
        """Return when the server goes (or just closes the connection, as unused ones are), at the latest after this."""
        if self._connection is not None and select.select([self._connection], [], [], seconds)[0]:
            self._connection.close()
            self._connection = None


def watch(opener: Opener, presence: Presence, stop: threading.Event) -> None:
    """Unseal whenever Vault is sealed, until stopped. What goes wrong is said once, not every second.

    A Vault that was restarted is opened at once, one that somebody sealed within `LOOK_SECONDS`.
    """
    trouble = ""
    while not stop.is_set():
        try:
            presence.begin()
            opener.unseal_if_sealed()
            trouble = ""
            if not stop.is_set():
                presence.wait_for_loss(LOOK_SECONDS)
            continue
        except (KeysMissing, VaultError, OSError) as error:  # OSError: requests' own, too
            if type(error).__name__ != trouble:
                trouble = type(error).__name__
                log.warning("Vault is not open: %s", _reason(error))
        stop.wait(RETRY_SECONDS)


def initialize_and_configure(client: Any, opener: Opener, settings: ServiceSettings, database_url: str) -> None:
    """Open Vault and configure it. Raises KeysMissing, ConfigurationFailed and the client's errors."""
    client.token = opener.open().root_token
    configuration = VaultConfiguration(client, settings.vault_role_id, settings.vault_secret_id, database_url)
    configuration.run()


def main(arguments: Sequence[str]) -> int:
    """Run the job or the sidecar; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    settings = ServiceSettings(service_name="vault-init")
    if settings.vault_keys_file is None or not settings.vault_role_id or not settings.vault_secret_id:
        log.error("set VAULT_KEYS_FILE, VAULT_ROLE_ID and VAULT_SECRET_ID")
        return 2
    client = hvac.Client(url=settings.vault_addr, token="", timeout=CALL_TIMEOUT_SECONDS)
    client.session.trust_env = False
    opener = Opener(HvacSystem(client), KeysFile(settings.vault_keys_file))
    if "--watch" in arguments:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        watch(opener, Presence(settings.vault_addr), stop)
        return 0
    try:
        call_with_retry(
            lambda: initialize_and_configure(client, opener, settings, os.environ.get("VAULT_DATABASE_URL", "")),
            retry_on=lambda error: isinstance(error, VaultError | requests.RequestException),
            attempts=1000,
            max_wait=1.0,
            deadline=Deadline.after(PATIENCE_SECONDS),
        )
    except (KeysMissing, ConfigurationFailed, VaultError, requests.RequestException, OSError) as error:
        log.error("Vault is not ready: %s", _reason(error))
        return 1
    log.info("Vault is ready")
    return 0


def _reason(error: Exception) -> str:
    """What went wrong; of a refusal only which request it was, since Vault's text may quote what was sent."""
    if isinstance(error, VaultError):
        return f"{type(error).__name__} at {error.method} {error.url}"
    if isinstance(error, OSError) and error.filename is None:
        return f"Vault doesn't answer ({type(error).__name__})"
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

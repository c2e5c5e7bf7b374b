"""The secret store: versioned secrets, encryption as a service, and credentials that expire, all kept by Vault."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.infra.vault import SecretNotFound, SecretRequestRefused, SecretsUnavailable, VaultSession
from shared.settings import ServiceSettings

KV_MOUNT = "secret"
TRANSIT_MOUNT = "transit"
DATABASE_MOUNT = "database"
KEPT_VERSIONS = 100
"""Of a secret: with the next one the oldest is destroyed. The engine is configured so."""


@dataclass(frozen=True)
class Secret:
    """A version of a secret; its values don't show in a representation, so they don't get into logs."""

    path: str
    version: int
    created_at: str
    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SecretVersion:
    """A version as the history has it. A deleted one can be brought back, a destroyed one can't."""

    version: int
    created_at: str
    deleted_at: str
    destroyed: bool


@dataclass(frozen=True)
class LeasedCredentials:
    """A database login of its own for whoever asked, gone when the lease ends."""

    username: str
    password: str = field(repr=False)
    lease_id: str
    lease_seconds: int


class SecretStore:
    """Methods raise SecretsUnavailable when Vault is sealed, away or refuses us: it fails closed."""

    def __init__(self, session: VaultSession) -> None:
        self._session = session

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> SecretStore:
        """The store these settings point at; nothing is connected yet."""
        return cls(VaultSession.from_settings(settings))

    def check(self) -> None:
        """Raise SecretsUnavailable unless secrets can be read now (for readiness)."""
        self._session.call(lambda vault: vault.auth.token.lookup_self())

    def read(self, path: str, version: int | None = None) -> Secret:
        """A secret, the latest version of it without `version`. Raises SecretNotFound."""
        answer = self._session.call(
            lambda vault: vault.secrets.kv.v2.read_secret_version(
                path, version=version, mount_point=KV_MOUNT, raise_on_deleted_version=True
            )
        )
        metadata = answer["data"]["metadata"]
        return Secret(path, metadata["version"], metadata["created_time"], answer["data"]["data"])

    def write(self, path: str, data: Mapping[str, Any], cas: int | None = None) -> int:
        """Write the next version; its number. With `cas`, only on top of that version (0: only if there is none).

        Raises SecretVersionConflict.
        """
        answer = self._session.call(
            lambda vault: vault.secrets.kv.v2.create_or_update_secret(path, dict(data), cas=cas, mount_point=KV_MOUNT)
        )
        return int(answer["data"]["version"])

    def versions(self, path: str) -> tuple[SecretVersion, ...]:
        """All versions, oldest first. Raises SecretNotFound."""
        answer = self._session.call(lambda vault: vault.secrets.kv.v2.read_secret_metadata(path, mount_point=KV_MOUNT))
        found = answer["data"]["versions"]
        return tuple(
            SecretVersion(number, item["created_time"], item["deletion_time"], item["destroyed"])
            for number, item in sorted((int(key), value) for key, value in found.items())
        )

    def list(self, prefix: str = "") -> tuple[str, ...]:
        """The names directly under a prefix; those that have more under them end with a slash."""
        try:
            answer = self._session.call(lambda vault: vault.secrets.kv.v2.list_secrets(prefix, mount_point=KV_MOUNT))
        except SecretNotFound:
            return ()
        return tuple(answer["data"]["keys"])

    def delete(self, path: str, versions: Sequence[int]) -> None:
        """Hide versions; `undelete` brings them back."""
        self._session.call(
            lambda vault: vault.secrets.kv.v2.delete_secret_versions(path, list(versions), mount_point=KV_MOUNT)
        )

    def undelete(self, path: str, versions: Sequence[int]) -> None:
        """Bring deleted versions back."""
        self._session.call(
            lambda vault: vault.secrets.kv.v2.undelete_secret_versions(path, list(versions), mount_point=KV_MOUNT)
        )

    def destroy(self, path: str, versions: Sequence[int]) -> None:
        """Remove versions for good; that they existed stays known."""
        self._session.call(
            lambda vault: vault.secrets.kv.v2.destroy_secret_versions(path, list(versions), mount_point=KV_MOUNT)
        )

    def purge(self, path: str) -> None:
        """Remove a secret with all versions and its history."""
        self._session.call(
            lambda vault: vault.secrets.kv.v2.delete_metadata_and_all_versions(path, mount_point=KV_MOUNT)
        )

    def create_key(self, key: str) -> None:
        """Make an encryption key; nothing changes when there is one."""
        self._session.call(lambda vault: vault.secrets.transit.create_key(key, mount_point=TRANSIT_MOUNT))

    def key_version(self, key: str) -> int:
        """The version new ciphertexts are made with. Raises SecretNotFound."""
        answer = self._session.call(lambda vault: vault.secrets.transit.read_key(key, mount_point=TRANSIT_MOUNT))
        return int(answer["data"]["latest_version"])

    def rotate_key(self, key: str) -> int:
        """Add a key version, with which everything from now on is encrypted; its number. Old ones still decrypt."""
        self._session.call(lambda vault: vault.secrets.transit.rotate_key(key, mount_point=TRANSIT_MOUNT))
        return self.key_version(key)

    def delete_key(self, key: str) -> None:
        """Remove an encryption key with all versions: nothing that it encrypted can be read again. May be repeated."""
        try:
            self._session.call(
                lambda vault: vault.secrets.transit.update_key_configuration(
                    key, deletion_allowed=True, mount_point=TRANSIT_MOUNT
                )
            )
            self._session.call(lambda vault: vault.secrets.transit.delete_key(key, mount_point=TRANSIT_MOUNT))
        except (SecretNotFound, SecretRequestRefused):
            # Vault refuses to configure a key that isn't there.
            if self._has_key(key):
                raise

    def _has_key(self, key: str) -> bool:
        try:
            self.key_version(key)
        except SecretNotFound:
            return False
        return True

    def encrypt(self, key: str, plaintext: bytes) -> str:
        """The ciphertext, `vault:v<key version>:…`."""
        encoded = base64.b64encode(plaintext).decode()
        answer = self._session.call(
            lambda vault: vault.secrets.transit.encrypt_data(key, encoded, mount_point=TRANSIT_MOUNT)
        )
        return str(answer["data"]["ciphertext"])

    def decrypt(self, key: str, ciphertext: str) -> bytes:
        """The plaintext. Raises SecretRequestRefused for anything that isn't a ciphertext of this key."""
        answer = self._session.call(
            lambda vault: vault.secrets.transit.decrypt_data(key, ciphertext, mount_point=TRANSIT_MOUNT)
        )
        return base64.b64decode(answer["data"]["plaintext"])

    def rewrap(self, key: str, ciphertext: str) -> str:
        """The same plaintext under the latest key version; the plaintext doesn't leave Vault."""
        answer = self._session.call(
            lambda vault: vault.secrets.transit.rewrap_data(key, ciphertext, mount_point=TRANSIT_MOUNT)
        )
        return str(answer["data"]["ciphertext"])

    def database_credentials(self, role: str) -> LeasedCredentials:
        """A fresh database login of a role. Raises SecretNotFound for an unknown role."""
        answer = self._session.call(
            lambda vault: vault.secrets.database.generate_credentials(role, mount_point=DATABASE_MOUNT)
        )
        data = answer["data"]
        return LeasedCredentials(data["username"], data["password"], answer["lease_id"], answer["lease_duration"])

    def renew_lease(self, lease_id: str, increment_seconds: int) -> int:
        """Ask for more time; the seconds that were granted, which the maximum TTL may cut."""
        answer = self._session.call(lambda vault: vault.sys.renew_lease(lease_id, increment_seconds))
        return int(answer["lease_duration"])

    def revoke_lease(self, lease_id: str) -> None:
        """End a lease now: what it stood for stops working."""
        self._session.call(lambda vault: vault.sys.revoke_lease(lease_id))


__all__ = ["LeasedCredentials", "Secret", "SecretNotFound", "SecretStore", "SecretVersion", "SecretsUnavailable"]

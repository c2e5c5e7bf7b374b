"""Encryption keys: they never leave Vault, which encrypts and decrypts for us."""

from __future__ import annotations

from services.secrets import published
from services.secrets.domain.limits import ensure_key_allowed
from services.secrets.models import EncryptionKey
from services.secrets.ports import Ports
from services.secrets.ports.vault import vault_key
from services.secrets.repository import keys
from shared.events.admission import ask
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_key(ports: Ports, name: str) -> EncryptionKey:
    """A new key. Raises KeyLimitReached, KeyExists, PolicyDenied, SecretsUnavailable."""
    ensure_key_allowed(keys.count())
    key = keys.add(EncryptionKey(id=new_id("key"), tenant_id=current_tenant(), name=name))
    ask(published.KEY, key.id, CREATE, published.key_facts(key))
    ports.store.create_key(vault_key(name))
    published.key_created(key)
    return key


def rotate_key(ports: Ports, name: str, expected_version: EntityTags | None) -> EncryptionKey:
    """Add a key version, which encrypts from now on; the old ones still decrypt. Raises NotFound, VersionConflict."""
    key = keys.named(name, lock=True)
    check_version(key, expected_version)
    ask(published.KEY, key.id, UPDATE, published.key_facts(key))
    key.key_version = ports.store.rotate_key(vault_key(name))
    keys.save(key)
    published.key_rotated(key)
    return key


def delete_all(ports: Ports) -> None:
    """Remove every key of a tenant that is gone. Raises SecretsUnavailable."""
    for key in keys.all_locked():
        key.version += 1
        published.key_deleted(key)
        ports.store.delete_key(vault_key(key.name))
        keys.delete(key)


def encrypt(ports: Ports, name: str, plaintext: bytes) -> str:
    """The ciphertext under the newest key version. Raises NotFound."""
    return ports.store.encrypt(vault_key(keys.named(name).name), plaintext)


def decrypt(ports: Ports, name: str, ciphertext: str) -> bytes:
    """The plaintext. Raises NotFound, and SecretRequestRefused for what isn't a ciphertext of this key."""
    return ports.store.decrypt(vault_key(keys.named(name).name), ciphertext)


def rewrap(ports: Ports, name: str, ciphertext: str) -> str:
    """The same plaintext under the newest key version; it doesn't leave Vault meanwhile. Raises NotFound."""
    return ports.store.rewrap(vault_key(keys.named(name).name), ciphertext)

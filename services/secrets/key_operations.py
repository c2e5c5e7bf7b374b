"""Use cases around encryption keys: they never leave Vault, which encrypts and decrypts for us."""

from __future__ import annotations

from services.secrets import events
from services.secrets.models import EncryptionKey
from services.secrets.repository import keys
from services.secrets.state import store, vault_key
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def create_key(name: str) -> EncryptionKey:
    """A new key. Raises KeyExists, SecretsUnavailable."""
    key = keys.add(EncryptionKey(id=new_id("key"), tenant_id=current_tenant(), name=name))
    store().create_key(vault_key(name))
    events.key_event("secrets.key.created", key)
    return key


def rotate_key(name: str) -> EncryptionKey:
    """Add a key version, which encrypts from now on; the old ones still decrypt. Raises NotFound."""
    key = keys.named(name, lock=True)
    key.key_version = store().rotate_key(vault_key(name))
    keys.save(key)
    events.key_event("secrets.key.rotated", key)
    return key


def encrypt(name: str, plaintext: bytes) -> str:
    """The ciphertext under the newest key version. Raises NotFound."""
    return store().encrypt(vault_key(keys.named(name).name), plaintext)


def decrypt(name: str, ciphertext: str) -> bytes:
    """The plaintext. Raises NotFound, and SecretRequestRefused for what isn't a ciphertext of this key."""
    return store().decrypt(vault_key(keys.named(name).name), ciphertext)


def rewrap(name: str, ciphertext: str) -> str:
    """The same plaintext under the newest key version; it doesn't leave Vault meanwhile. Raises NotFound."""
    return store().rewrap(vault_key(keys.named(name).name), ciphertext)

"""Sealing of secrets at rest: AES-256-GCM under a key derived from the settings (HKDF, RFC 5869).

A copy of the database alone gives nobody a signing key or a one-time-code secret. The label is authenticated, so that
a sealed value can't be moved to another row.
"""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class Sealing:
    """Seals under the key that a secret gives."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"omnicloud auth: secrets at rest").derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, label: str) -> str:
        """The secret, encrypted and bound to a label such as the id of its row."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, label.encode())).decode()

    def unseal(self, sealed: str, label: str) -> bytes:
        """The secret. Raises cryptography's InvalidTag when the key, the label or the text is another one."""
        raw = base64.b64decode(sealed)
        return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], label.encode())

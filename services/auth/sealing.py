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

from shared.web.django import service_settings

NONCE_BYTES = 12


def _cipher() -> AESGCM:
    secret = service_settings().sealing_secret()
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"omnicloud auth: secrets at rest").derive(secret))


def seal(secret: bytes, label: str) -> str:
    """The secret, encrypted and bound to a label such as the id of its row."""
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret, label.encode())).decode()


def unseal(sealed: str, label: str) -> bytes:
    """The secret. Raises cryptography's InvalidTag when the key, the label or the text is another one."""
    raw = base64.b64decode(sealed)
    return _cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], label.encode())

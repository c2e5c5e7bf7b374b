"""The keys that access tokens are signed with: one in use, the ones before it until their last token has expired."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.auth import published
from services.auth.domain import tokens
from services.auth.models import SigningKey
from services.auth.ports import Ports
from services.auth.repository import signing_keys
from shared.utils.ids import new_id


def signing_key(ports: Ports) -> tokens.SigningKey:
    """The key in use; the first one is made now. Whoever makes it at the same time gets the same one."""
    row = signing_keys.in_use() or _make(ports)
    private = Ed25519PrivateKey.from_private_bytes(ports.sealing.unseal(row.sealed_private_key, row.kid))
    return tokens.SigningKey(row.kid, private)


def public_keys(ports: Ports, now: datetime) -> dict[str, Ed25519PublicKey]:
    """The keys that may have signed a token that is still in force, by their ids."""
    signing_keys.in_use() or _make(ports)
    rows = signing_keys.published(now - tokens.LIFETIME)
    return {row.kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key)) for row in rows}


def key_set(ports: Ports) -> dict[str, Any]:
    """The published keys as a JSON Web Key Set."""
    return tokens.key_set(public_keys(ports, ports.clock.now()).items())


def rotate(ports: Ports) -> dict[str, Any]:
    """Retire the key in use and make the next one; the key set with it. Tokens it signed stay good till they expire."""
    signing_keys.retire_in_use(ports.clock.now())
    published.signing_key_rotated(_make(ports).kid)
    return key_set(ports)


def _make(ports: Ports) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    kid = new_id("sk")
    signing_keys.add_unless_in_use(
        SigningKey(
            kid=kid,
            sealed_private_key=ports.sealing.seal(private.private_bytes_raw(), kid),
            public_key=private.public_key().public_bytes_raw().hex(),
        )
    )
    row = signing_keys.in_use()
    if row is None:
        raise RuntimeError("a signing key was added and is not there")
    return row

"""Tokens that were shown before their tenant was suspended, and after it was resumed."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from services.gateway.domain.standing import Standing
from services.gateway.ports.tokens import SigningKeys, TokenVerifier
from services.gateway.settings import Settings
from shared.kernel.standing import TenantClosed, TenantSuspended
from shared.utils.clock import FixedClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Auth:
    """Publishes one key, and signs with it."""

    key = Ed25519PrivateKey.generate()

    async def fetch(self) -> dict[str, Any]:
        return {"keys": [{**json.loads(OKPAlgorithm.to_jwk(self.key.public_key())), "kid": "k", "alg": "EdDSA"}]}

    def token(self, subject: str, tenant_id: str, kind: str = "user") -> str:
        claims = {
            "iss": "https://omnicloud.example", "aud": "omnicloud", "sub": subject, "jti": subject,
            "tenant_id": tenant_id, "kind": kind, "grants": [],
            "iat": int(START.timestamp()), "exp": int(START.timestamp()) + 600,
        }  # fmt: skip
        return jwt.encode(claims, self.key, "EdDSA", {"kid": "k", "typ": "at+jwt"})


def test_what_a_tenant_may_is_asked_of_every_token_every_time() -> None:
    clock = FixedClock(START)
    standing = Standing(clock, 600)
    auth = Auth()
    verifier = TokenVerifier(Settings(), cast(SigningKeys, auth), clock, standing)

    def tenant_of(token: str) -> str:
        return asyncio.run(verifier.verify(token)).tenant_id

    ours = [auth.token("u-1", "t-1"), auth.token("sa-1", "t-1", "service_account")]
    theirs, never_shown = auth.token("u-2", "t-2"), auth.token("u-3", "t-1")
    assert [tenant_of(token) for token in (*ours, theirs)] == ["t-1", "t-1", "t-2"]

    standing.tenant_is("t-1", "suspended", 2)
    for token in (*ours, *ours, never_shown):
        with pytest.raises(TenantSuspended):
            tenant_of(token)
    assert tenant_of(theirs) == "t-2"

    standing.tenant_is("t-1", "active", 3)
    clock.step(timedelta(seconds=1))
    assert [tenant_of(token) for token in (*ours, never_shown)] == ["t-1"] * 3

    standing.tenant_is("t-1", "closed", 4)
    for token in (*ours, never_shown):
        with pytest.raises(TenantClosed):
            tenant_of(token)

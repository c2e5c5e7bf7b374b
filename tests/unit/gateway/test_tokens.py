"""Tokens that are shown again: what is kept of them, and what is asked anew each time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from services.gateway.domain.standing import AccessRevoked, Standing
from services.gateway.ports import tokens
from services.gateway.ports.tokens import SigningKeys, TokenVerifier
from services.gateway.settings import Settings
from shared.errors import ServiceUnavailable, Unauthenticated
from shared.kernel.identity import Grant
from shared.kernel.standing import TenantClosed, TenantSuspended
from shared.utils.clock import FixedClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = timedelta(minutes=10)


class Auth:
    """The keys that auth publishes, and how often it was asked."""

    def __init__(self, *key_ids: str) -> None:
        self.keys = {key_id: Ed25519PrivateKey.generate() for key_id in key_ids}
        self.asked = 0
        self.away = False

    async def fetch(self) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise ServiceUnavailable("auth is away")
        published = [
            {**json.loads(OKPAlgorithm.to_jwk(key.public_key())), "kid": key_id, "alg": "EdDSA"}
            for key_id, key in self.keys.items()
        ]
        return {"keys": published}

    def token(self, key_id: str, **claims: Any) -> str:
        content = {
            "iss": "https://omnicloud.example", "aud": "omnicloud", "sub": "user:1", "jti": "t", "tenant_id": "tn-1",
            "kind": "user", "grants": [], "iat": int(START.timestamp()), "exp": int((START + LIFE).timestamp()),
        }  # fmt: skip
        return jwt.encode({**content, **claims}, self.keys[key_id], "EdDSA", {"kid": key_id, "typ": "at+jwt"})


@pytest.fixture
def auth() -> Auth:
    return Auth("one", "two")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def standing(clock: FixedClock) -> Standing:
    return Standing(clock, LIFE.total_seconds())


@pytest.fixture
def verifier(auth: Auth, clock: FixedClock, standing: Standing) -> TokenVerifier:
    return TokenVerifier(Settings(), cast(SigningKeys, auth), clock, standing)


def tenant_of(verifier: TokenVerifier, token: str) -> str:
    return asyncio.run(verifier.verify(token)).tenant_id


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    checked: list[str] = []
    decode: Callable[..., Any] = jwt.decode

    def watched(token: str, *arguments: Any, **options: Any) -> Any:
        checked.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", watched)
    return checked


def test_a_signature_is_checked_once(auth: Auth, verifier: TokenVerifier, signatures: list[str]) -> None:
    token = auth.token("one")
    assert [tenant_of(verifier, token) for _ in range(3)] == ["tn-1"] * 3
    assert signatures == [token]


def test_a_token_that_was_good_ends_with_its_time(auth: Auth, verifier: TokenVerifier, clock: FixedClock) -> None:
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    clock.step(LIFE + timedelta(seconds=4))
    assert tenant_of(verifier, token) == "tn-1"
    clock.step(timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="expired"):
        tenant_of(verifier, token)


def test_a_token_that_was_good_is_not_in_force_before_its_time(
    auth: Auth, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    clock.step(timedelta(minutes=-1))
    with pytest.raises(Unauthenticated, match="not in force"):
        tenant_of(verifier, token)


def test_a_token_that_was_good_ends_with_its_key(auth: Auth, verifier: TokenVerifier, clock: FixedClock) -> None:
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    del auth.keys["one"]
    clock.advance(timedelta(seconds=Settings().jwks_cache_seconds + 1))
    with pytest.raises(Unauthenticated, match="unknown key"):
        tenant_of(verifier, token)


def test_a_key_replaced_under_its_own_name_ends_what_the_old_one_signed(
    auth: Auth, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    auth.keys["one"] = Ed25519PrivateKey.generate()
    clock.advance(timedelta(seconds=Settings().jwks_cache_seconds + 1))
    with pytest.raises(Unauthenticated, match="can't be verified"):
        tenant_of(verifier, token)


def test_keys_that_are_too_old_are_fetched_also_for_a_known_token(
    auth: Auth, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = auth.token("one", exp=int((START + timedelta(days=1)).timestamp()))
    assert tenant_of(verifier, token) == "tn-1"
    clock.advance(timedelta(seconds=Settings().jwks_cache_seconds + 1))
    del auth.keys["one"]
    with pytest.raises(Unauthenticated):
        tenant_of(verifier, token)
    assert auth.asked == 2


def test_while_auth_is_away_its_last_keys_count_for_an_hour(
    auth: Auth, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = auth.token("one", exp=int((START + timedelta(days=1)).timestamp()))
    assert tenant_of(verifier, token) == "tn-1"
    auth.away = True
    clock.advance(timedelta(seconds=Settings().jwks_cache_seconds + 1))
    assert tenant_of(verifier, token) == "tn-1"

    clock.advance(timedelta(seconds=Settings().jwks_stale_seconds))
    with pytest.raises(ServiceUnavailable):
        tenant_of(verifier, token)

    auth.away = False
    clock.advance(timedelta(seconds=Settings().jwks_refetch_seconds + 0.1))
    assert tenant_of(verifier, token) == "tn-1"


def test_a_hundred_unknown_keys_at_a_time_are_one_question(auth: Auth, verifier: TokenVerifier) -> None:
    stranger = Auth(*(f"unknown-{number}" for number in range(100)))

    async def story() -> list[object]:
        tokens = [stranger.token(key_id) for key_id in stranger.keys]
        return await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)

    assert {type(result) for result in asyncio.run(story())} == {Unauthenticated}
    assert auth.asked == 1


def test_what_was_refused_is_looked_at_again(auth: Auth, verifier: TokenVerifier, signatures: list[str]) -> None:
    head, _, signature = auth.token("one").rpartition(".")
    forged = f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            tenant_of(verifier, forged)
    assert signatures == [forged] * 2


def test_two_tokens_are_two_callers(auth: Auth, verifier: TokenVerifier) -> None:
    first, second = auth.token("one"), auth.token("two", tenant_id="tn-2")
    assert [tenant_of(verifier, token) for token in (first, second, first)] == ["tn-1", "tn-2", "tn-1"]


def test_no_more_tokens_are_kept_than_there_is_room_for(
    auth: Auth, verifier: TokenVerifier, signatures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "KNOWN_TOKENS", 2)
    shown = [auth.token("one", jti=str(number)) for number in range(3)]
    for token in [*shown, shown[2], shown[0]]:
        tenant_of(verifier, token)
    assert signatures == [*shown, shown[0]]


@pytest.mark.parametrize("over", ["user:1", "s-1"])
def test_a_known_token_ends_with_its_account_and_with_its_login(
    auth: Auth, verifier: TokenVerifier, standing: Standing, over: str
) -> None:
    token, other = auth.token("one", sid="s-1"), auth.token("one", sid="s-2", sub="user:2")
    assert tenant_of(verifier, token) == "tn-1"
    standing.ended(over)
    with pytest.raises(AccessRevoked):
        tenant_of(verifier, token)
    assert tenant_of(verifier, other) == "tn-1"


def test_a_token_shown_first_after_its_login_ended_is_refused(
    auth: Auth, verifier: TokenVerifier, standing: Standing
) -> None:
    standing.ended("s-1")
    with pytest.raises(AccessRevoked):
        tenant_of(verifier, auth.token("one", sid="s-1"))


def test_a_role_taken_back_is_in_the_token_no_more_and_the_others_are(
    auth: Auth, verifier: TokenVerifier, standing: Standing
) -> None:
    held = [{"role": "tenant-admin", "scope": "tenant"}, {"role": "viewer", "scope": "tenant"}]
    token = auth.token("one", grants=held, grant_ids=["g-1", "g-2"])
    assert len(asyncio.run(verifier.verify(token)).grants) == 2
    standing.ended("g-1")
    assert asyncio.run(verifier.verify(token)).grants == (Grant("viewer", "tenant"),)


def test_a_role_granted_again_counts_in_the_next_token(auth: Auth, verifier: TokenVerifier, standing: Standing) -> None:
    standing.ended("g-1")
    again = auth.token("one", grants=[{"role": "member", "scope": "tenant"}], grant_ids=["g-2"])
    assert asyncio.run(verifier.verify(again)).grants == (Grant("member", "tenant"),)


@pytest.mark.parametrize(("status", "refusal"), [("suspended", TenantSuspended), ("closed", TenantClosed)])
def test_a_token_stands_still_with_its_tenant(
    auth: Auth, verifier: TokenVerifier, standing: Standing, status: str, refusal: type[Exception]
) -> None:
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    standing.tenant_is("tn-1", status, 2)
    with pytest.raises(refusal):
        tenant_of(verifier, token)


def test_while_auth_says_nothing_known_tokens_are_not_kept_waiting(
    auth: Auth, verifier: TokenVerifier, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request waits a moment for newer keys; those beside it and, for a while, those after it don't."""
    token = auth.token("one")
    assert tenant_of(verifier, token) == "tn-1"
    clock.advance(timedelta(seconds=Settings().jwks_cache_seconds + 1))
    asked: list[str] = []

    async def silence() -> dict[str, Any]:
        asked.append("keys")
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(auth, "fetch", silence)

    async def story() -> None:
        async with asyncio.timeout(5 * tokens.REFRESH_SECONDS):
            first = asyncio.create_task(verifier.verify(token))
            while not asked:
                await asyncio.sleep(0)
            for _ in range(20):
                assert (await verifier.verify(token)).tenant_id == "tn-1"
            assert not first.done()
            assert (await first).tenant_id == "tn-1"
            clock.advance(timedelta(seconds=tokens.SILENCE_SECONDS))
            assert (await verifier.verify(token)).tenant_id == "tn-1"

    asyncio.run(story())
    assert asked == ["keys"]

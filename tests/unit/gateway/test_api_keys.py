"""API keys that stand where a token should."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.ports.api_keys import ApiKeys
from services.gateway.ports.transport import NoAnswer
from services.gateway.settings import Settings
from shared.clients.errors import error_class
from shared.errors import Forbidden, ServiceUnavailable, TooManyRequests, Unauthenticated
from shared.kernel.context import RequestContext
from shared.utils.clock import FixedClock

KEY, ADDRESS = "omk_key-1_secret", "198.51.100.7"
GONE = "gone"


class Auth:
    """Auth's answers in turn; the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def send(self, method: str, url: str, headers: Any, body: bytes, timeout: float) -> Any:
        self.asked.append({"url": url, "headers": dict(headers), **json.loads(body)})
        await asyncio.sleep(0)  # Others have their turn meanwhile, as they have with a real answer.
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == GONE:
            raise NoAnswer("connection reset")
        status, content = answer

        async def read() -> bytes:
            return json.dumps(content).encode()

        return SimpleNamespace(status=status, read=read)


class Limits:
    """Counts; refuses an address with two wrong keys."""

    def __init__(self) -> None:
        self.counted: list[str] = []

    async def ensure_anonymous(self, address: str) -> None:
        if len(self.counted) >= 2:
            raise TooManyRequests("wait")

    async def count_anonymous(self, address: str) -> None:
        self.counted.append(address)


class Bench:
    """Everything that an exchange needs."""

    def __init__(self, *answers: Any, instances: int = 1) -> None:
        self.clock = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))
        self.auth, self.limits = Auth(*answers), Limits()
        upstreams = SimpleNamespace(
            instances=lambda _service: [SimpleNamespace(url=f"http://auth-{number}") for number in range(instances)]
        )
        self.keys = ApiKeys(Settings(), upstreams, self.auth, self.limits, self.clock)  # type: ignore[arg-type]

    def exchange(self, key: str = KEY) -> str:
        context = RequestContext(None, "c-1", "00-1", self.clock)
        return asyncio.run(self.keys.exchange(key, ADDRESS, context))


def token(text: str) -> tuple[int, dict[str, Any]]:
    return 200, {"access_token": text}


WRONG = (401, {"code": "invalid_api_key", "detail": "the API key is not valid"})


def test_a_key_is_exchanged_and_the_token_used_again_for_a_second() -> None:
    bench = Bench(token("one"), token("two"))
    assert [bench.exchange(), bench.exchange()] == ["one", "one"]
    asked = bench.auth.asked[0]
    assert (asked["grant_type"], asked["api_key"], asked["headers"]["X-Correlation-Id"]) == ("api_key", KEY, "c-1")
    bench.clock.advance(timedelta(seconds=1))
    assert bench.exchange() == "two"
    assert bench.limits.counted == []


def test_two_keys_do_not_share_a_token() -> None:
    bench = Bench(token("one"), token("two"))
    assert [bench.exchange("omk_a"), bench.exchange("omk_b"), bench.exchange("omk_a")] == ["one", "two", "one"]


def test_a_wrong_key_is_refused_as_auth_refuses_it_and_counted_against_its_address() -> None:
    bench = Bench(WRONG)
    for _ in range(2):
        with pytest.raises(Unauthenticated) as refused:
            bench.exchange()
        assert (refused.value.code, refused.value.detail) == ("invalid_api_key", "the API key is not valid")
    with pytest.raises(TooManyRequests):
        bench.exchange()
    assert (bench.limits.counted, len(bench.auth.asked)) == ([ADDRESS, ADDRESS], 2)


def test_a_revoked_key_works_for_no_longer_than_its_token_is_used_again() -> None:
    bench = Bench(token("one"), WRONG)
    bench.exchange()
    bench.clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        bench.exchange()


@pytest.mark.parametrize("status", [400, 422])
def test_what_auth_can_not_even_read_is_a_wrong_key_like_others(status: int) -> None:
    bench = Bench((status, {"code": "validation_failed", "detail": "some fields are not valid"}))
    with pytest.raises(Unauthenticated) as refused:
        bench.exchange("omk_" + "x" * 2_000)
    assert (refused.value.code, bench.limits.counted) == ("invalid_api_key", [ADDRESS])


def test_a_suspended_tenants_key_is_not_counted_as_wrong() -> None:
    bench = Bench((403, {"code": "tenant_suspended", "detail": "the tenant is suspended"}))
    with pytest.raises(Forbidden) as refused:
        bench.exchange()
    assert (refused.value.code, bench.limits.counted) == ("tenant_suspended", [])


def test_another_instance_is_asked_when_one_gives_no_answer() -> None:
    bench = Bench(GONE, token("one"), instances=2)
    assert bench.exchange() == "one"
    assert [asked["url"] for asked in bench.auth.asked] == ["http://auth-0/v1/tokens", "http://auth-1/v1/tokens"]


@pytest.mark.parametrize("answer", [GONE, (503, {})])
def test_without_auth_no_key_is_accepted_and_none_is_wrong(answer: Any) -> None:
    bench = Bench(answer)
    with pytest.raises(ServiceUnavailable):
        bench.exchange()
    assert bench.limits.counted == []


SUSPENDED = (403, {"code": "tenant_suspended", "detail": "the tenant is suspended"})


@pytest.mark.parametrize("answer", [SUSPENDED, token("one")], ids=["refused", "exchanged"])
def test_many_requests_with_one_key_are_one_question(answer: Any) -> None:
    bench = Bench(answer)

    async def at_once() -> list[object]:
        context = RequestContext(None, "c-1", "00-1", bench.clock)
        asks = (bench.keys.exchange(KEY, ADDRESS, context) for _ in range(50))
        return await asyncio.gather(*asks, return_exceptions=True)

    found = {getattr(said, "code", said) for said in asyncio.run(at_once())}
    assert found == {"tenant_suspended" if answer is SUSPENDED else "one"}
    assert (len(bench.auth.asked), bench.limits.counted) == (1, [])


def test_a_refusal_goes_for_a_moment_and_no_longer() -> None:
    bench = Bench(SUSPENDED, token("one"))
    for _ in range(50):
        with pytest.raises(Forbidden) as refused:
            bench.exchange()
        assert (refused.value.code, refused.value.detail) == ("tenant_suspended", "the tenant is suspended")
    assert len(bench.auth.asked) == 1
    bench.clock.advance(timedelta(seconds=1))
    assert bench.exchange() == "one"


def test_of_many_requests_with_a_wrong_key_auth_is_asked_by_no_more_than_the_limit() -> None:
    bench = Bench(WRONG)

    async def at_once() -> list[object]:
        context = RequestContext(None, "c-1", "00-1", bench.clock)
        asks = (bench.keys.exchange(KEY, ADDRESS, context) for _ in range(10))
        return await asyncio.gather(*asks, return_exceptions=True)

    assert {type(said) for said in asyncio.run(at_once())} == {error_class(401, "invalid_api_key"), TooManyRequests}
    assert (len(bench.auth.asked), len(bench.limits.counted)) == (2, 2)

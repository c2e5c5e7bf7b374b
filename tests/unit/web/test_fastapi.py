"""What a FastAPI service answers by itself."""

import asyncio
import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from shared.errors import PayloadTooLarge
from shared.settings import ServiceSettings
from shared.web.fastapi import (
    ApiRouter,
    ContextMiddleware,
    _install_problem_handlers,
    _read_json,
    install_standard_routes,
)
from shared.web.health import Readiness
from shared.web.metrics import exposition
from tests.unit.clocks import standing_clock


def app() -> FastAPI:
    """Two operations of one path, and one each of two others."""
    made, router = FastAPI(redirect_slashes=False), ApiRouter()

    @router.get("/things")
    async def read() -> list[str]:
        return []

    @router.post("/things")
    async def make() -> dict[str, str]:
        return {}

    @router.get("/things/{id}/parts")
    async def parts(id: str) -> list[str]:
        return [id]

    @router.delete("/things/{id}")
    async def remove(id: str) -> dict[str, str]:
        return {"id": id}

    made.router.routes.extend(router.routes)
    made.state.sessions = None
    _install_problem_handlers(made)
    return made


def ask(made: FastAPI, method: str, path: str, **headers: str) -> httpx.Response:
    """What the service answers."""

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def service(readiness: Readiness) -> FastAPI:
    """One with the standard routes, which counts its requests."""
    made = app()
    install_standard_routes(made, readiness)
    made.add_middleware(ContextMiddleware, settings=ServiceSettings(service_name="things"), clock=standing_clock())
    return made


def fine() -> None:
    """It answers."""


def away() -> None:
    raise ConnectionRefusedError("nobody there")


@pytest.mark.parametrize(
    ("etcd", "redis", "status", "says"),
    [
        (fine, fine, 200, "ready"),
        (fine, away, 200, "ready"),
        (away, fine, 503, "not_ready"),
        (away, away, 503, "not_ready"),
    ],
)
def test_it_is_ready_when_all_that_it_needs_answers(
    etcd: Callable[[], None], redis: Callable[[], None], status: int, says: str
) -> None:
    answer = ask(service(Readiness({"etcd": etcd, "database": fine}, {"redis": redis})), "GET", "/readyz")
    assert (answer.status_code, answer.json()["status"]) == (status, says)
    named = {name for name, state in answer.json()["checks"].items() if state != "ok"}
    assert named == {name for name, check in (("etcd", etcd), ("redis", redis)) if check is away}


def test_requests_are_counted_by_route_and_all_that_nobody_serves_together() -> None:
    made = service(Readiness({}))
    names = [f"p-{secrets.token_hex(8)}" for _ in range(3)]
    for name in names:
        assert ask(made, "GET", f"/v1/things/{name}/parts").status_code == 200
        assert ask(made, "GET", f"/v1/{name}").status_code == 404
    text = ask(made, "GET", "/metrics").text
    assert 'http_requests_total{method="GET",route="/v1/things/{id}/parts",status="200"}' in text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"}' in text
    assert [name for name in names if name in text] == []


def test_an_upload_that_its_client_breaks_off_is_no_failure_of_the_service() -> None:
    made, statuses = service(Readiness({})), []
    scope = {
        "type": "http", "method": "POST", "path": "/uploads", "raw_path": b"/uploads", "query_string": b"",
        "scheme": "http", "headers": [(b"host", b"localhost"), (b"content-length", b"1000")],
    }  # fmt: skip
    incoming: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def upload(request: Request) -> None:
        await request.body()

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    made.add_api_route("/uploads", upload, methods=["POST"])
    asyncio.run(made(scope, receive, send))
    assert statuses == [499]
    assert 'route="/uploads",status="499"' in exposition()[0].decode()


def test_a_request_keeps_the_correlation_id_that_it_came_with() -> None:
    made = service(Readiness({}))
    kept = ask(made, "GET", "/v1/things", **{"X-Correlation-Id": "order-7"})
    assert kept.json() == []
    given = [ask(made, "GET", "/v1/things").headers["x-correlation-id"] for _ in range(2)]
    assert kept.headers["x-correlation-id"] == "order-7"
    assert len({"order-7", "", *given}) == 4


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/v1/things", "GET, POST"), ("PUT", "/v1/things", "GET, POST"), ("GET", "/v1/things/a", "DELETE")],
)
def test_allow_lists_every_method_that_the_path_has(method: str, path: str, allowed: str) -> None:
    """RFC 9110 §10.2.1."""

    answer = ask(app(), method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("length", ["99999999999", "9" * 5_000])
def test_a_body_that_is_said_to_be_too_long_is_refused_unread_however_long(length: str) -> None:
    request = Request({"type": "http", "method": "POST", "headers": [(b"content-length", length.encode())]})
    with pytest.raises(PayloadTooLarge):
        asyncio.run(_read_json(request))

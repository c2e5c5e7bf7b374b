"""Who asks whether a service is ready goes by the status of the answer."""

import asyncio
import threading
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from shared.errors import ServiceUnavailable
from shared.web.fastapi import install_standard_routes
from shared.web.health import Readiness


def fine() -> None:
    """It answers."""


def refuses() -> None:
    raise ConnectionRefusedError("nobody there")


def is_sealed() -> None:
    raise ServiceUnavailable("it is sealed")


def ready(required: dict[str, Callable[[], None]], helpful: dict[str, Callable[[], None]]) -> httpx.Response:
    """What a service answers that depends on these."""
    made = FastAPI()
    install_standard_routes(made, Readiness(required, helpful))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://localhost") as client:
            return await client.get("/readyz")

    return asyncio.run(ask())


@pytest.mark.parametrize("broken", [refuses, is_sealed])
@pytest.mark.parametrize("which", ["database", "etcd", "object_store"])
def test_one_of_many_that_does_not_answer_is_enough(which: str, broken: Callable[[], None]) -> None:
    required = {**dict.fromkeys(("database", "etcd", "object_store"), fine), which: broken}
    answer = ready(required, {"redis": fine})
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert [name for name, state in answer.json()["checks"].items() if state != "ok"] == [which]


def test_one_that_hangs_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.health.CHECK_TIMEOUT_SECONDS", 0.1)
    over = threading.Event()
    answer = ready({"database": fine, "etcd": lambda: (over.wait(30), None)[1]}, {})
    over.set()
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "ok")


def test_what_helps_is_told_and_needed_by_nobody() -> None:
    answer = ready({"database": fine}, {"redis": refuses, "tracing": is_sealed})
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert {name for name, state in answer.json()["checks"].items() if state != "ok"} == {"redis", "tracing"}
    assert ready({}, {}).status_code == 200

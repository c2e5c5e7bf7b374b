"""What a FastAPI service answers by itself."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from shared.web.fastapi import ApiRouter, _install_problem_handlers


def app() -> FastAPI:
    """Two operations of one path, and one of another."""
    made, router = FastAPI(redirect_slashes=False), ApiRouter()

    @router.get("/things")
    async def read() -> list[str]:
        return []

    @router.post("/things")
    async def make() -> dict[str, str]:
        return {}

    @router.delete("/things/{id}")
    async def remove(id: str) -> dict[str, str]:
        return {"id": id}

    made.router.routes.extend(router.routes)
    _install_problem_handlers(made)
    return made


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/v1/things", "GET, POST"), ("PUT", "/v1/things", "GET, POST"), ("GET", "/v1/things/a", "DELETE")],
)
def test_allow_lists_every_method_that_the_path_has(method: str, path: str, allowed: str) -> None:
    """RFC 9110 §10.2.1."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://x") as client:
            return await client.request(method, path)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed

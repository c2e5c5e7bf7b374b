"""How uvicorn is set up."""

import asyncio
from typing import Any

from shared.settings import ServiceSettings
from shared.web.runtime import Runtime, ServiceApp
from shared.web.serve import asgi_config
from tests.unit.clocks import standing_clock


def test_what_stands_in_x_forwarded_for_is_left_to_the_gateways_rules() -> None:
    """Also from a peer on the same host, whom uvicorn would believe any word."""
    seen: list[Any] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append((scope["client"], scope["scheme"]))

    async def nothing(*_: Any) -> Any: ...

    settings = ServiceSettings(service_name="things")
    config = asgi_config(ServiceApp(settings, "asgi", application, Runtime(settings, standing_clock(), {}, None, ())))
    config.load()
    headers = [(b"x-forwarded-for", b"guess-1"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http", "headers": headers}
    asyncio.run(config.loaded_app(scope, nothing, nothing))
    assert seen == [(("127.0.0.1", 1), "http")]

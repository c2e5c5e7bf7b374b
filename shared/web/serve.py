"""`python -m shared.web.serve SERVICE` runs one service: its web server and its background runtime.

SIGTERM and SIGINT end it gracefully: it takes no more requests, finishes what it is answering, leaves routing and
flushes its outbox relay.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Any

import uvicorn
from waitress.server import create_server

from shared.kernel.logs import configure_logs, logger
from shared.web import wsgi_server
from shared.web.asgi_server import AsgiServer, HttpInTime
from shared.web.runtime import ServiceApp
from shared.web.turns import FairDispatcher, tenant_in

WSGI_LOOK_SECONDS = 10
"""How often waitress looks for idle connections to close, without being woken by a request or a signal."""
SHUTDOWN_SECONDS = 5
"""How long requests in flight may take to end; below the ten seconds after which container engines kill."""

KEPT_SECONDS = 95
"""How long an idle connection is kept. Longer than clients keep theirs (Go's 90 seconds, httpx's five): whoever closes
first must be who asks, since a request that meets the server's end of its connection gets no answer."""
MAX_CONNECTIONS = 500
"""Kept connections count, too: all services may have some to each other."""

log = logger("shared.web")


def load(service: str) -> ServiceApp:
    """The composed service. Raises ModuleNotFoundError for a service that doesn't exist."""
    app: ServiceApp = import_module(f"services.{service}.app").service
    return app


def serve_asgi(app: ServiceApp) -> None:
    """Serve with uvicorn on uvloop until a signal."""
    AsgiServer(asgi_config(app)).run()


def asgi_config(app: ServiceApp) -> uvicorn.Config:
    """How uvicorn serves."""
    host, port = app.settings.listen()
    return uvicorn.Config(
        _with_runtime(app),
        http=HttpInTime,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        # Uvicorn would take any word of a loopback peer's X-Forwarded-For for the client; the gateway has rules for it.
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=1024,
    )


def _with_runtime(app: ServiceApp) -> Any:
    """The ASGI application whose lifespan starts and stops the runtime."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app.application(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                app.runtime.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                app.runtime.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return wrapped


def serve_wsgi(app: ServiceApp) -> None:
    """Serve with waitress, one process with a thread pool, until a signal."""
    host, port = app.settings.listen()
    sockets: wsgi_server.Sockets = {}
    server = create_server(
        wsgi_server.without_content_for_head(app.application),
        map=sockets,
        host=host,
        port=port,
        asyncore_loop_timeout=WSGI_LOOK_SECONDS,
        # Named as private, and the only way to hand in who gets the threads.
        _dispatcher=FairDispatcher(app.settings.web_threads, tenant_in(app.settings.identity_signing_key)),
        ident="omnicloud",
        clear_untrusted_proxy_headers=False,
        channel_timeout=KEPT_SECONDS,
        connection_limit=MAX_CONNECTIONS,
        asyncore_use_poll=True,
    )
    signal.signal(signal.SIGTERM, _leave)
    app.runtime.start()
    try:
        wsgi_server.run(server, sockets)
    finally:
        app.runtime.stop()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """Serve the service named on the command line."""
    if len(sys.argv) != 2:
        print("usage: python -m shared.web.serve SERVICE", file=sys.stderr)
        return 2
    app = load(sys.argv[1])
    configure_logs(app.settings.service_name, app.settings.log_level)
    log.info("serving", address=app.settings.listen_address)
    (serve_asgi if app.protocol == "asgi" else serve_wsgi)(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())

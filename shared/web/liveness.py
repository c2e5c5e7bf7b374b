"""What is asked of processes that serve nothing else, workers, controllers, probers: whether they live, and metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from shared.web import metrics

LOOK_SECONDS = 60.0
"""How often the server looks whether it was told to end; it ends with the process."""


def serve_liveness(alive: Callable[[], bool], address: tuple[str, int]) -> ThreadingHTTPServer:
    """Answer GETs at the address from a thread of its own.

    `/healthz`: 200 while `alive()` holds, 503 when it doesn't. `/metrics`: those of the process. Anything else: 404.
    """

    class Liveness(BaseHTTPRequestHandler):
        """Answers what probes ask."""

        def do_GET(self) -> None:
            """Whether the process comes round, or its metrics."""
            match urlsplit(self.path).path:
                case "/healthz":
                    self._answer(HTTPStatus.OK if alive() else HTTPStatus.SERVICE_UNAVAILABLE)
                case "/metrics":
                    self._answer(HTTPStatus.OK, *metrics.exposition())
                case _:
                    self._answer(HTTPStatus.NOT_FOUND)

        def _answer(self, status: HTTPStatus, content: bytes = b"", media_type: str = "") -> None:
            self.send_response(status)
            if media_type:
                self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Being asked isn't news."""

    server = ThreadingHTTPServer(address, Liveness)
    threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), name="liveness", daemon=True).start()
    return server

"""A liveness end point for processes that serve nothing else: workers, controllers, probers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOK_SECONDS = 60.0
"""How often the server looks whether it was told to end; it ends with the process."""


def serve_liveness(alive: Callable[[], bool], address: tuple[str, int]) -> ThreadingHTTPServer:
    """Answer every GET at the address from a thread of its own: 200 while `alive()` holds, 503 when it doesn't."""

    class Liveness(BaseHTTPRequestHandler):
        """Has no body to send."""

        def do_GET(self) -> None:
            """Whether the process comes round."""
            self.send_response(HTTPStatus.OK if alive() else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Being asked isn't news."""

    server = ThreadingHTTPServer(address, Liveness)
    threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), name="liveness", daemon=True).start()
    return server

"""What waitress leaves open: the content of answers to HEAD, and its end.

Its end is as uvicorn's: who comes while the last requests are answered is refused, and not kept waiting.

waitress itself leaves its sockets open until the process is gone. Whoever asked in that time had a connection and no
answer, for as long as the last request took, and again at the next attempt: a caller's whole budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

Sockets = dict[int, Any]
"""The `map` that a server was made with: all that its loop looks after, by file descriptor."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""


def without_content_for_head(application: Application) -> Application:
    """The application, whose answers to HEAD end with their head (RFC 9110 §9.3.2), as Django leaves to the server and
    waitress to the application. What followed the head would be taken for the answer to the connection's next request,
    which may be somebody else's."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return application(environ, start_response)
        begun: list[Any] = []
        content = application(environ, lambda *head: begun.extend(head))
        try:
            status, headers, *error = begun
            if all(
                name.lower() != "content-length" for name, _ in headers
            ):  # Else it would be sent in chunks: in none.
                headers = [*headers, ("Content-Length", str(sum(map(len, content))))]
        finally:
            if (close := getattr(content, "close", None)) is not None:
                close()
        start_response(status, headers, *error)
        return []

    return answer


def run(server: Any, sockets: Sockets) -> None:
    """Serve until SystemExit or KeyboardInterrupt, which a signal raises in the loop; then end what is being answered,
    for five seconds at most, and take nothing else."""
    try:
        server.asyncore.loop(
            timeout=server.adj.asyncore_loop_timeout, map=sockets, use_poll=server.adj.asyncore_use_poll
        )
    except (SystemExit, KeyboardInterrupt):
        close_idle(sockets)
        server.task_dispatcher.shutdown()
    finally:
        close_idle(sockets)


def close_idle(sockets: Sockets) -> None:
    """Close what a request could still come by: what listens, and connections on which none is being answered."""
    for each in list(sockets.values()):
        if isinstance(each, BaseWSGIServer):
            each.del_channel(sockets)
            each.socket.close()
        elif isinstance(each, HTTPChannel) and not each.requests and not each.total_outbufs_len:
            each.handle_close()

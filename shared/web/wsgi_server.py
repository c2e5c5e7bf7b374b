"""waitress's end, as uvicorn's is: who comes while the last requests are answered is refused, and not kept waiting.

waitress itself leaves its sockets open until the process is gone. Whoever asked in that time had a connection and no
answer, for as long as the last request took, and again at the next attempt: a caller's whole budget.
"""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

Sockets = dict[int, Any]
"""The `map` that a server was made with: all that its loop looks after, by file descriptor."""


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

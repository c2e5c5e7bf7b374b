"""Runs the server until it is told to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from environment.bugs.errors import EpisodeError
from environment.openenv.app import make_app
from environment.openenv.connections import App
from environment.openenv.door import Door

MESSAGE_BYTES = 16 * 2**20
"""Of one message. JSON makes at most twelve bytes of a character, so that every action fits."""
PONG_SECONDS = 120.0
"""How long an answer to a ping may take: trainers are busy, and a busy one isn't gone."""
END_SECONDS = 60.0
"""How long the end of what runs is waited for before it is cancelled."""


class AddressTrouble(EpisodeError):
    """The server can't listen where it was told to."""


def make_server(app: App) -> uvicorn.Server:
    """A server that isn't bound to an address yet."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            ws_max_size=MESSAGE_BYTES,
            ws_ping_timeout=PONG_SECONDS,
            timeout_graceful_shutdown=int(END_SECONDS),
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket there; port 0 is any free one. Raises `AddressTrouble`."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, OverflowError) as error:
        hint = "Choose another --host or --port."
        raise AddressTrouble(f"The server can't listen at {host}:{port}: {error}. {hint}") from error


def serve(door: Door, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; nothing of any session is left then. `ready` is told the server's URL.

    Raises `EpisodeError` when it can't begin.
    """
    with _terminable():
        try:
            door.prepare()
            with listen(host, port) as listening:
                ready(url_of(listening))
                make_server(make_app(door)).run([listening])
        except KeyboardInterrupt:
            pass
        finally:
            door.close()


def url_of(listening: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _terminable() -> Iterator[None]:
    """Have SIGTERM end this as Ctrl-C does: the server passes both on when it has ended, and SIGTERM would kill the
    process before the door is closed."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

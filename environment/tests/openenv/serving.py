"""A server in a thread, for the length of a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

from environment.grading.grade import Grader
from environment.openenv import OmniCloudAction, OmniCloudEnv
from environment.openenv.app import make_app
from environment.openenv.door import Door
from environment.openenv.serve import listen, make_server, url_of

__all__ = ["Clock", "Door", "OmniCloudAction", "OmniCloudEnv", "Serving", "eventually", "running", "serving"]

DEADLINE_SECONDS = 60.0
ONE_BUG = {"bugs": ["H2"], "exact": True, "seed": 1}


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Serving:
    """What a test has of a server."""

    url: str
    door: Door
    clock: Clock = field(default_factory=Clock)

    def client(self) -> OmniCloudEnv:
        return OmniCloudEnv(base_url=self.url, message_timeout_s=DEADLINE_SECONDS)

    def connect(self, **options: Any) -> ClientConnection:
        """A client that speaks the protocol by itself."""
        return connect(self.url.replace("http", "ws", 1) + "/ws", max_size=None, proxy=None, **options)

    @property
    def folders(self) -> list[str]:
        """Of the sessions that there are."""
        return sorted(path.name for path in self.door.folder.iterdir())


@contextmanager
def serving(grader: Grader, **options: Any) -> Iterator[Serving]:
    """A server at a free port of the loopback. When it has ended, nothing of it is left."""
    # Commands that run too long are ended later than anything here is waited for, so that nothing ends by that.
    door = Door(lambda: grader, **{"sessions": 2, "shell_seconds": 10 * DEADLINE_SECONDS, **options})
    clock = Clock()
    with listen("127.0.0.1", 0) as listening:
        server = make_server(make_app(door, clock, look_seconds=0.01))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            # What is looked at when it starts may be changed by a test after.
            eventually(lambda: server.started or not thread.is_alive())
            yield Serving(url_of(listening), door, clock)
        finally:
            server.should_exit = True
            thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()
    assert not door.folder.exists()


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails when it doesn't come about."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def running(*command: str) -> bool:
    """Whether a process of this command line runs."""
    return any(process.info["cmdline"] == list(command) for process in psutil.process_iter(["cmdline"]))

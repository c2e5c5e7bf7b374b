"""The server's application: OpenEnv's, with the door's sessions behind it and a watch over its connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from openenv.core.env_server.http_server import create_fastapi_app
from openenv.core.env_server.types import ConcurrencyConfig

from environment.bugs.errors import EpisodeError
from environment.grading.errors import InfrastructureError
from environment.openenv.connections import App, Connections
from environment.openenv.door import Door
from environment.openenv.models import OmniCloudAction, OmniCloudObservation, OmniCloudState
from environment.openenv.session import NAME, Busy, NoEpisode, OmniCloudEnvironment

MOST_LOOK_SECONDS = 5.0
STATUSES: tuple[tuple[type[EpisodeError], int], ...] = ((NoEpisode, 409), (Busy, 503), (InfrastructureError, 503))
"""What a plain HTTP request is answered with; anything else that is refused is the request's own fault."""
REFUSED = 422


def make_app(door: Door, clock: Callable[[], float] = time.monotonic, look_seconds: float | None = None) -> App:
    """The application of a server. It prepares the door when it starts and closes it when it ends.

    `clock` says who is idle, which is looked at every `look_seconds`: a quarter of what is allowed, unless told.
    """
    app = create_fastapi_app(
        partial(OmniCloudEnvironment, door),
        OmniCloudAction,
        OmniCloudObservation,
        # Sessions without a connection (OpenEnv's `openenv/session/create`) are reaped by OpenEnv itself.
        concurrency_config=ConcurrencyConfig(max_concurrent_envs=door.sessions, session_timeout=door.idle_seconds),
        env_name=NAME,
        state_cls=OmniCloudState,
    )
    app.add_exception_handler(EpisodeError, _refusal)
    watched = Connections(app, door.idle_seconds, clock)
    pause = look_seconds or min(door.idle_seconds / 4, MOST_LOOK_SECONDS)
    _live(app, door, watched, pause)
    return watched


def _live(app: FastAPI, door: Door, watched: Connections, pause: float) -> None:
    """Have the application's life begin and end with the door's."""
    of_openenv = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(door.prepare)
        async with of_openenv(app):
            reaping = asyncio.ensure_future(_reap(watched, pause))
            try:
                yield
            finally:
                reaping.cancel()
                await asyncio.to_thread(door.close)

    app.router.lifespan_context = lifespan


async def _reap(watched: Connections, pause: float) -> None:
    while True:
        await asyncio.sleep(pause)
        watched.reap()


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    status = next((number for kind, number in STATUSES if isinstance(error, kind)), REFUSED)
    return JSONResponse({"detail": str(error)}, status)

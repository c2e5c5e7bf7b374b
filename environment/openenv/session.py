"""A session: OpenEnv's `Environment` over a `DebugEnv`."""

from __future__ import annotations

import asyncio
import shutil
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata

from environment.bugs.errors import EpisodeError
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.openenv.connections import current_connection
from environment.openenv.door import Door
from environment.openenv.models import OmniCloudAction, OmniCloudObservation, OmniCloudState, reset_options
from environment.reward.score import shown_to_agents

NAME = "omnicloud"
DESCRIPTION = (
    "A workspace of a multi-cloud platform of fifteen services with seeded bugs: repair it, and be paid for what its "
    "tests and its fleet then do."
)
LOOK_SECONDS = 0.1
"""How often what runs is told again to end, until it has: a command may just have been about to start."""

P = ParamSpec("P")
T = TypeVar("T")


class NoEpisode(EpisodeError):
    """There is nothing to act in."""


class Busy(EpisodeError):
    """The server has its hands full."""


class ClientGone(EpisodeError):
    """Nobody waits for the answer any more."""


class OmniCloudEnvironment(Environment[OmniCloudAction, OmniCloudObservation, OmniCloudState]):
    """One `DebugEnv` in a folder of its own, made at the first reset.

    Work blocks in the door's threads. When the client vanishes meanwhile, what runs is ended. Outside of a connection
    (a plain HTTP request) a reset shows an episode's beginning and leaves nothing behind.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._env: DebugEnv | None = None
        self._folder: Path | None = None
        self._ended = threading.Event()
        self._busy = threading.Lock()
        self._state = OmniCloudState()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **options: Any) -> OmniCloudObservation:
        """Make a new workspace; `options` are those of `ResetOptions`. Raises `EpisodeError`."""
        asked = reset_options({**options, "seed": seed, "episode_id": episode_id})
        with self._busy:
            self._ended.clear()
            self._state = OmniCloudState()
            if self._env is None:
                self._folder = self._door.new_folder(self)
                self._env = DebugEnv(
                    self._door.grader_for(self._ended),
                    self._folder,
                    self._door.shell_seconds,
                    untrusted=self._door.untrusted,
                )
            seen, _ = self._env.reset(seed=asked.seed, options=asked.choice)
            self._state = OmniCloudState(episode_id=asked.episode_id or str(uuid.uuid4()), done=False)
            return OmniCloudObservation(**seen)

    def step(self, action: OmniCloudAction, timeout_s: float | None = None, **_: Any) -> OmniCloudObservation:
        """Do one thing; `timeout_s` is not used, commands have the server's limit. Raises `EpisodeError`."""
        with self._busy:
            if self._env is None or self._state.done:
                raise NoEpisode(
                    "There is no episode here: call reset(). An episode ends when it is submitted and when its "
                    "connection does."
                )
            return self._step(self._env, action)

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **options: Any
    ) -> OmniCloudObservation:
        """The same beside others."""
        if current_connection() is not None:
            return await self._work(self.reset, seed, episode_id, **options)
        if not self._door.alone.acquire(blocking=False):
            raise Busy("Another reset without a session is being made; connect to /ws, or try again later.")
        try:
            return await self._work(self._look, seed, episode_id, **options)
        finally:
            self._door.alone.release()

    async def step_async(
        self, action: OmniCloudAction, timeout_s: float | None = None, **_: Any
    ) -> OmniCloudObservation:
        """The same beside others."""
        if current_connection() is None:
            raise NoEpisode("HTTP requests share no session, so there is no episode here: connect to /ws.")
        return await self._work(self.step, action)

    @property
    def state(self) -> OmniCloudState:
        """Where the session stands."""
        return self._state

    def get_metadata(self) -> EnvironmentMetadata:
        """What the environment is."""
        return EnvironmentMetadata(name=NAME, description=DESCRIPTION)

    def close(self) -> None:
        """End what runs and remove everything. Safe to call twice, from any thread."""
        while not self._busy.acquire(timeout=LOOK_SECONDS):
            self._interrupt()
        try:
            self._state = OmniCloudState()
            if self._env is not None:
                self._env.close()
                self._env = None
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
        finally:
            self._busy.release()
            self._door.forget(self)

    def _look(self, seed: int | None, episode_id: str | None, **options: Any) -> OmniCloudObservation:
        try:
            return self.reset(seed, episode_id, **options)
        finally:
            self.close()

    def _step(self, env: DebugEnv, wanted: OmniCloudAction) -> OmniCloudObservation:
        tool = Tool[wanted.tool.upper()]
        seen, reward, done, _, info = env.step(action(tool, path=wanted.path, text=wanted.text))
        graded = tool in (Tool.GRADE, Tool.SUBMIT)
        before = self._state
        self._state = OmniCloudState(
            episode_id=before.episode_id,
            step_count=before.step_count + 1,
            done=done,
            reward=before.reward + reward,
            gradings=before.gradings + graded,
        )
        # A score is long, so it comes once, with its grading.
        metadata = {"score": _shown(info["score"], done)} if graded else {}
        return OmniCloudObservation(**seen, reward=reward, done=done, metadata=metadata)

    def _interrupt(self) -> None:
        self._ended.set()
        if self._env is not None:
            self._env.interrupt()

    async def _work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something in a thread. When the client vanishes, or the server ends, it is ended first and waited for."""
        connection = current_connection()
        gone = asyncio.ensure_future((connection.gone if connection else asyncio.Event()).wait())
        work = asyncio.get_running_loop().run_in_executor(self._door.threads, lambda: function(*args, **kwargs))
        either: set[asyncio.Future[Any]] = {work, gone}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            vanished = not work.done()
            while not work.done():
                self._interrupt()
                with suppress(asyncio.CancelledError):  # It has to end, however often this is cancelled.
                    await asyncio.wait({work}, timeout=LOOK_SECONDS)
        if vanished:
            self._ended.clear()
            work.exception()  # Whatever came of it is nobody's concern any more.
            raise ClientGone("The client was gone before the step was done.")
        return work.result()


def _shown(score: dict[str, Any], done: bool) -> dict[str, Any]:
    """Without the bugs; how many repairs generalise is told when nothing can be made of it any more."""
    shown = shown_to_agents(score)
    return {**shown, "generalisation": score["generalisation"]} if done else shown

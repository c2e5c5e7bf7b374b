"""Workers that are actors of a Ray cluster: on whatever machines of it have room. Needs the extra `ray`.

The environment must be installed on those machines; what an agent imports, too, or be brought by the runtime
environment that the caller connects to the cluster with.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from environment.doors.playing import Environments, Lost, Played, Policy, Task, play_or_tell

LOCAL = "local"
CORES = 1
"""What Ray sets aside for a worker. A grading uses what is free beside that."""


@dataclass(eq=False)
class Worker:
    """An actor, and what it is to answer."""

    actor: Any
    answer: Any = field(default=None)


class Actors:
    """A crew of them."""

    def __init__(self, policy: Policy, environments: Environments, steps: int, address: str) -> None:
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("Ray isn't installed. Do `pip install 'omnicloud[ray]'`.") from error
        self._ray = ray
        self._order = pickle.dumps((policy, environments, steps))
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False)
        # A worker that dies isn't begun anew in secret, nor is its episode: who waits for it decides.
        self._class = ray.remote(max_restarts=0, max_task_retries=0, num_cpus=CORES)(Player)

    def hire(self) -> Worker:
        return Worker(self._class.remote(self._order))

    def give(self, worker: Worker, task: Task) -> None:
        worker.answer = worker.actor.play.remote(task)

    def wait(self, workers: Sequence[Worker]) -> list[tuple[Worker, Played | Lost]]:
        answers = [worker.answer for worker in workers]
        ready = set(self._ray.wait(answers, num_returns=1)[0])
        return [(worker, self._heard(worker)) for worker in workers if worker.answer in ready]

    def dismiss(self, worker: Worker) -> None:
        self._ray.kill(worker.actor, no_restart=True)

    def _heard(self, worker: Worker) -> Played | Lost:
        try:
            heard: Played | Lost = self._ray.get(worker.answer)
        except self._ray.exceptions.RayError as error:
            return Lost(f"a worker was lost ({type(error).__name__})")
        return heard


class Player:
    """What an actor does."""

    def __init__(self, order: bytes) -> None:
        self._policy, environments, self._steps = pickle.loads(order)
        self._env = environments()

    def play(self, task: Task) -> Played | Lost:
        """Play an episode, and leave nothing on this machine: an actor may be killed at any time after it."""
        try:
            return play_or_tell(self._policy, task, self._env, self._steps)
        finally:
            self._env.close()

"""Many episodes at a time, on one machine or over a cluster.

    results = run_episodes(make_agent, tasks, workers=4)
    results = run_episodes(make_agent, tasks, workers=64, ray="auto")

Each worker is a process of its own that plays one episode after the other. A worker that dies in the middle of one, or
whose machine fails, is replaced, and the episode is played again by another one. An episode that can't be played is
masked: it has a cause and no reward, so nobody learns from it.

What is handed in (agents, tasks, the maker of environments) goes to other processes: it is pickled, so functions are
named ones of modules that workers can import.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from environment.doors.cluster import Actors
from environment.doors.playing import Environments, Lost, Played, Policy, Task
from environment.doors.processes import Processes
from environment.envs.debug_env import DebugEnv

TRIES = 3
"""How many workers an episode is given to before it counts as one that can't be played."""
STEPS = 200
"""After so many actions an episode is handed in as it stands."""


Worker = TypeVar("Worker", bound=Hashable)


class Crew(Protocol[Worker]):
    """Those who play."""

    def hire(self) -> Worker:
        """A new worker."""

    def give(self, worker: Worker, task: Task) -> None:
        """Have a worker that is idle play an episode."""

    def wait(self, workers: Sequence[Worker]) -> list[tuple[Worker, Played | Lost]]:
        """Wait until one of these, all of them busy, is done; which are, and what came of it."""

    def dismiss(self, worker: Worker) -> None:
        """Do without a worker from now on, whatever it is doing."""


def run_episodes(
    policy: Policy,
    tasks: Sequence[Task],
    workers: int,
    *,
    environments: Environments = DebugEnv,
    ray: str | None = None,
    tries: int = TRIES,
    steps: int = STEPS,
) -> list[Played]:
    """Play an episode of each task, at most `workers` at a time; what came of them, in the tasks' order.

    `ray` names the cluster whose machines play: the address of one ("auto": the one this machine belongs to), or
    "local" for one of this machine alone; a cluster that this process is connected to is used as it is. Without it,
    processes of this machine play. Raises ModuleNotFoundError where Ray is asked for and isn't installed, ValueError
    for numbers below 1.
    """
    if min(workers, tries, steps) < 1:
        raise ValueError(f"workers, tries and steps must be 1 or more, not {workers}, {tries} and {steps}")
    if ray is None:
        return play_all(Processes(policy, environments, steps), tasks, workers, tries)
    return play_all(Actors(policy, environments, steps, ray), tasks, workers, tries)


def play_all(crew: Crew[Worker], tasks: Sequence[Task], workers: int, tries: int) -> list[Played]:
    """The same with a crew; nobody of it is left afterwards."""
    results: dict[int, Played] = {}
    left = deque(range(len(tasks)))
    causes: dict[int, list[str]] = {}
    idle: list[Worker] = []
    busy: dict[Worker, int] = {}
    try:
        while left or busy:
            while left and len(busy) < workers:
                worker = idle.pop() if idle else crew.hire()
                busy[worker] = left.popleft()
                crew.give(worker, tasks[busy[worker]])
            for worker, outcome in crew.wait(list(busy)):
                place = busy.pop(worker)
                said = causes.setdefault(place, [])
                if isinstance(outcome, Played):
                    results[place] = replace(outcome, tries=len(said) + 1)
                    idle.append(worker)
                    continue
                crew.dismiss(worker)
                said.append(outcome.cause)
                if len(said) < tries:
                    left.append(place)
                else:
                    results[place] = Played(tasks[place].id, judged=False, tries=len(said), cause=_told(said))
    finally:
        for worker in (*idle, *busy):
            crew.dismiss(worker)
    return [results[place] for place in range(len(tasks))]


def _told(causes: Sequence[str]) -> str:
    """The causes of all tries, each once."""
    return f"{len(causes)} workers could not play it: {'; '.join(dict.fromkeys(causes))}"

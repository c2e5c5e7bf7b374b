"""One episode, played by an agent in a worker, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from environment.bugs.errors import EpisodeError
from environment.envs.debug_env import Action, DebugEnv, Observation, Tool, action
from environment.grading.errors import InfrastructureError

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class Task(Protocol):
    """What an episode is about."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def bugs(self) -> tuple[str, ...]:
        """The bugs that are injected, these and no others."""


Agent = Callable[[Observation], Action]
"""Acts in one episode: from what it sees to what it does next."""
Policy = Callable[[Task], Agent]
"""Makes the agent of an episode, in the worker that plays it."""
Environments = Callable[[], DebugEnv]
"""Makes the environment of a worker."""


class AgentFailed(Exception):
    """Who plays can't, through no fault of the environment's."""


@dataclass(frozen=True)
class Played:
    """What came of a task. Equal agents give equal results, whoever played them and when, but for `tries`."""

    task: str
    judged: bool
    """Whether it was played to its end; if not, `cause` says why, and there is no reward."""
    reward: float | None = None
    """The sum over its steps: final score minus baseline."""
    score: dict[str, Any] | None = None
    """The last grading, in its documented form."""
    steps: int = 0
    tries: int = 1
    cause: str = ""


@dataclass(frozen=True)
class Lost:
    """An episode whose worker can't go on: it died, or its machine failed."""

    cause: str


def play(policy: Policy, task: Task, env: DebugEnv, steps: int) -> Played:
    """Play one episode to its end. What is wrong with the agent or the task masks it; what is wrong with the
    environment is raised."""
    try:
        observation, info = env.reset(seed=0, options={"bugs": list(task.bugs), "exact": True})
        agent = _of_agent(policy, task)
        total, taken, ended = 0.0, 0, False
        while not ended:
            acts = _of_agent(agent, observation) if taken < steps else action(Tool.SUBMIT)
            if acts not in env.action_space:
                raise AgentFailed(f"the agent did what is no action: {str(acts)[:200]}")
            observation, reward, ended, _, info = env.step(acts)
            total, taken = total + reward, taken + 1
        return Played(task.id, judged=True, reward=total, score=info["score"], steps=taken)
    except InfrastructureError:
        raise
    except (EpisodeError, AgentFailed) as error:
        return Played(task.id, judged=False, cause=str(error))


def play_or_tell(policy: Policy, task: Task, env: DebugEnv, steps: int) -> Played | Lost:
    """The same in a worker: what is wrong with the environment there is told, and another worker tries."""
    try:
        return play(policy, task, env, steps)
    except InfrastructureError as error:
        return Lost(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it isn't the agent's fault, and must cost it nothing
        return Lost(f"the environment failed: {type(error).__name__}: {error}")


def _of_agent(call: Callable[[Asked], Given], asked: Asked) -> Given:
    try:
        return call(asked)
    except Exception as error:
        raise AgentFailed(f"the agent failed: {type(error).__name__}: {error}") from error

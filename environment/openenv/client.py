"""The client that OpenEnv's users expect.

Synchronous::

    with OmniCloudEnv(base_url="http://127.0.0.1:8000") as env:
        print(env.reset(families=["billing"], count=1, seed=7).observation.output)
        env.step(OmniCloudAction.shell("git grep -n proration services"))
        result = env.step(OmniCloudAction.submit())
        print(result.reward, result.done)

Asynchronous: `async with OmniCloudEnv(base_url=…) as env:` and `await env.reset(…)`. `env.sync()` works as with every
client of OpenEnv. What the server refuses is a `RuntimeError` that says why.
"""

from __future__ import annotations

from typing import Any

from openenv.core import EnvClient
from openenv.core.client_types import StepResult

from environment.openenv.models import OmniCloudAction, OmniCloudObservation, OmniCloudState

ANSWER_SECONDS = 4 * 3600.0
"""How long a step may take. A grading of everything takes many minutes and may wait for others' gradings; when the
server is gone, its missing answers to pings end the wait much earlier."""
PONG_SECONDS = 120.0
"""How long the answer to a ping may take, on a machine that has much to do."""


class OmniCloudEnv(EnvClient[OmniCloudAction, OmniCloudObservation, OmniCloudState]):
    """One session of a server; `new_session()` opens a further one."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        message_timeout_s: float = ANSWER_SECONDS,
        websocket_ping_timeout_s: float | None = PONG_SECONDS,
        **options: Any,
    ) -> None:
        """`options` are the others of OpenEnv's `EnvClient`."""
        super().__init__(
            base_url,
            message_timeout_s=message_timeout_s,
            websocket_ping_timeout_s=websocket_ping_timeout_s,
            **options,
        )

    def _step_payload(self, action: OmniCloudAction) -> dict[str, Any]:
        payload: dict[str, Any] = action.model_dump()
        return payload

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[OmniCloudObservation]:
        reward, done = payload.get("reward"), payload["done"]
        observation = OmniCloudObservation(**payload["observation"], reward=reward, done=done)
        return StepResult(observation, reward, done, payload.get("metadata"))

    def _parse_state(self, payload: dict[str, Any]) -> OmniCloudState:
        return OmniCloudState(**payload)

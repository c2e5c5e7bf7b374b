"""What goes over the wire: an action, what is seen after it, the session's state, and what an episode may be asked for.

Importing this needs the package `openenv` and nothing of the environment, so that clients can use it by itself.
"""

from __future__ import annotations

from typing import Any, Literal

from openenv.core.env_server.types import Action, Observation, State
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from environment.bugs.errors import SelectionError

TEXT_LIMIT = 1_000_000
"""Characters of a text in either direction, as in `OmniCloud/Debug-v0`."""
PATH_LIMIT = 4096

ToolName = Literal["shell", "read", "write", "grade", "submit"]


class OmniCloudAction(Action):
    """One thing to do. `shell` uses `text`, `read` uses `path`, `write` both, `grade` and `submit` neither."""

    tool: ToolName = Field(description="What to do")
    path: str = Field(default="", max_length=PATH_LIMIT, description="A file's path in the workspace")
    text: str = Field(default="", max_length=TEXT_LIMIT, description="A shell command, or a file's new text")

    @classmethod
    def shell(cls, command: str) -> OmniCloudAction:
        """Run a command with bash in the workspace."""
        return cls(tool="shell", text=command)

    @classmethod
    def read(cls, path: str) -> OmniCloudAction:
        """A file's text."""
        return cls(tool="read", path=path)

    @classmethod
    def write(cls, path: str, text: str) -> OmniCloudAction:
        """Write a file, making its folders."""
        return cls(tool="write", path=path, text=text)

    @classmethod
    def grade(cls) -> OmniCloudAction:
        """Grade the workspace; the reward is what the score rose by."""
        return cls(tool="grade")

    @classmethod
    def submit(cls) -> OmniCloudAction:
        """Grade the workspace and end the episode."""
        return cls(tool="submit")


class OmniCloudObservation(Observation):
    """What is seen after an action. `metadata["score"]` is the score document of a grading, without the bugs."""

    output: str = Field(default="", description="The command's output, the file's text, the score, or the README")
    status: int = Field(default=0, ge=0, le=255, description="0 means success; a command's exit status")


class OmniCloudState(State):
    """Where a session stands."""

    done: bool = Field(default=True, description="Whether there is no episode to act in")
    reward: float = Field(default=0.0, description="The sum of the episode's rewards so far")
    gradings: int = Field(default=0, ge=0, description="How often the episode was graded")


class ResetOptions(BaseModel):
    """What an episode may be asked for; the choice of bugs is `omnicloud challenge`'s."""

    model_config = ConfigDict(extra="forbid")

    bugs: list[StrictStr] = []
    families: list[StrictStr] = []
    difficulties: list[StrictStr] = []
    count: StrictInt | None = Field(default=None, ge=1)
    exact: StrictBool = False
    seed: StrictInt | None = Field(default=None, ge=0)
    episode_id: StrictStr | None = Field(default=None, max_length=255)

    @property
    def choice(self) -> dict[str, Any]:
        """The options as `DebugEnv.reset` takes them."""
        return self.model_dump(include={"bugs", "families", "difficulties", "count", "exact"})


def reset_options(given: dict[str, Any]) -> ResetOptions:
    """Check what came over the wire. Raises `SelectionError`, which names every option that is wrong."""
    try:
        return ResetOptions(**given)
    except ValidationError as error:
        raise SelectionError(" ".join(_trouble(dict(item)) for item in error.errors())) from error


def _trouble(item: dict[str, Any]) -> str:
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        return f"There is no option {name!r}. There are {', '.join(ResetOptions.model_fields)}."
    return f"{name}: {item['msg']}."

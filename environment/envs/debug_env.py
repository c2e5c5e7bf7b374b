"""`OmniCloud/Debug-v0`: an episode of debugging as a Gymnasium environment.

An action is a dictionary `{"tool": int, "path": str, "text": str}` (see `Tool` and the helper `action`):

=========  =====================  =====================================================
tool       uses                   does
=========  =====================  =====================================================
SHELL      text                   runs a shell command in the workspace
READ       path                   gives a file's text
WRITE      path, text             writes a file, making its folders
GRADE      –                      grades; the reward is what the score rose by
SUBMIT     –                      grades and ends the episode
=========  =====================  =====================================================

An observation is `{"output": str, "status": int}`; status 0 means success. Rewards are differences of the score,
starting from the untouched workspace's, so their sum is final minus baseline however often the agent grades. `info`
holds the score of the last grading in its documented JSON form, and never a time.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import spaces

from environment.bugs.select import Choice, select
from environment.envs.shell import OUTPUT_LIMIT, Shell
from environment.envs.spaces import FreeText
from environment.grading.grade import Grader, default_grader
from environment.reward.score import Score, to_document
from environment.workspace.episode import forget_episode
from environment.workspace.make import make_workspace

TEXT_LIMIT = 1_000_000
PATH_LIMIT = 4096
OK, FAILED = 0, 1

Action = dict[str, Any]
Observation = dict[str, Any]


class Tool(IntEnum):
    """What an agent can do in a step."""

    SHELL = 0
    READ = 1
    WRITE = 2
    GRADE = 3
    SUBMIT = 4


def action(tool: Tool, *, path: str = "", text: str = "") -> Action:
    """An action of the environment's action space."""
    return {"tool": int(tool), "path": path, "text": text}


class DebugEnv(gymnasium.Env[Observation, Action]):
    """One workspace at a time. `reset(options={"bugs": [...], "families": [...], "difficulties": [...], "count": n,
    "exact": bool})` chooses the bugs as `omnicloud challenge` does; the seed decides a random choice."""

    metadata = {"render_modes": [], "render_fps": 1}

    def __init__(
        self,
        grader: Grader | None = None,
        folder: Path | None = None,
        shell_seconds: float = 600.0,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.action_space = spaces.Dict(
            {"tool": spaces.Discrete(len(Tool)), "path": FreeText(PATH_LIMIT), "text": FreeText(TEXT_LIMIT)}
        )
        self.observation_space = spaces.Dict({"output": FreeText(TEXT_LIMIT), "status": spaces.Discrete(256)})
        self._grader = grader
        self._given_folder = folder
        self._folder: Path | None = None
        self._seconds = shell_seconds
        self._options = options or {}
        self._shell: Shell | None = None
        self._before = Fraction(0)
        self._last: Score | None = None
        self._ended = True

    @property
    def workspace(self) -> Path:
        """Where the agent works."""
        if self._folder is None:
            raise gymnasium.error.ResetNeeded("Call reset() first.")
        return self._folder / "workspace"

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Make a new workspace; one seed and equal options give one workspace. Raises `SelectionError`."""
        super().reset(seed=seed)
        self._clear()
        grader = self._use_grader()
        if self._folder is None:
            self._folder = self._given_folder or Path(tempfile.mkdtemp(prefix="omnicloud-episode-"))
        draw = seed if seed is not None else int(self.np_random.integers(2**31))
        selection = select(grader.catalogue, _choice({**self._options, **(options or {})}, draw))
        make_workspace(grader.reference, [grader.catalogue[bug_id] for bug_id in selection.ids], self.workspace)
        self._shell = Shell(self.workspace, self._seconds)
        self._before = grader.baseline(selection.ids).total
        self._last = None
        self._ended = False
        return _observe((self.workspace / "README.md").read_text()), self._info()

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Do one thing. The reward is 0 but for gradings. Raises `InfrastructureError` when the environment fails."""
        if self._ended or self._shell is None:
            raise gymnasium.error.ResetNeeded("The episode has ended. Call reset().")
        tool = Tool(int(action["tool"]))
        if tool in (Tool.GRADE, Tool.SUBMIT):
            return self._grade(ended=tool is Tool.SUBMIT)
        if tool is Tool.SHELL:
            result = self._shell.run(action["text"])
            observation = _observe(result.output, result.status)
        else:
            observation = self._file(tool, action["path"], action["text"])
        return observation, 0.0, False, False, self._info()

    def close(self) -> None:
        """Stop what the agent started and remove the workspace. Safe to call twice."""
        self._clear()
        if self._folder is not None and self._given_folder is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    def _grade(self, ended: bool) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        result = self._use_grader().grade(self.workspace)
        reward, self._before, self._last = result.total - self._before, result.total, result
        self._ended = ended
        # The agent learns what fails, not which bugs there are.
        shown = {key: value for key, value in to_document(result).items() if key != "bugs"}
        return _observe(json.dumps(shown, indent=1, ensure_ascii=False)), float(reward), ended, False, self._info()

    def _file(self, tool: Tool, name: str, text: str) -> Observation:
        root = self.workspace.resolve()
        try:
            path = (root / name).resolve()
            if not path.is_relative_to(root):
                return _observe(f"{name} lies outside the workspace.", FAILED)
            if tool is Tool.READ:
                with path.open(encoding="utf-8", errors="replace") as file:
                    return _observe(file.read(TEXT_LIMIT))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return _observe(f"{name}: {len(text)} characters written.")
        except (OSError, ValueError) as error:
            return _observe(f"{name}: {error.strerror if isinstance(error, OSError) else error}", FAILED)

    def _info(self) -> dict[str, Any]:
        return {"score": to_document(self._last) if self._last is not None else {}}

    def _use_grader(self) -> Grader:
        if self._grader is None:
            self._grader = default_grader()
        return self._grader

    def _clear(self) -> None:
        if self._shell is not None:
            self._shell.close()
            self._shell = None
        self._ended = True
        if self._folder is not None and self.workspace.exists():
            if self._grader is not None:
                forget_episode(self._grader.reference, self.workspace)
            shutil.rmtree(self.workspace, ignore_errors=True)


def _choice(options: dict[str, Any], seed: int) -> Choice:
    return Choice(
        ids=tuple(options.get("bugs", ())),
        families=tuple(options.get("families", ())),
        difficulties=tuple(options.get("difficulties", ())),
        count=options.get("count"),
        seed=seed,
        exact=bool(options.get("exact", False)),
    )


def _observe(output: str, status: int = OK) -> Observation:
    return {"output": output[:TEXT_LIMIT], "status": min(max(status, 0), 255)}


assert OUTPUT_LIMIT < TEXT_LIMIT

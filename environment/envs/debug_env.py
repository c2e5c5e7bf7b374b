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
holds the score of the last grading in its documented JSON form, and never a time; which bugs there are is in it only
when asked for, because what trains agents often shows them `info`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import spaces

from environment.bugs.control import draw_control
from environment.bugs.errors import EpisodeError
from environment.bugs.select import Choice, select
from environment.envs.shell import OUTPUT_LIMIT, FileTrouble, Shell, ShellResult
from environment.envs.spaces import FreeText
from environment.envs.temptations import Temptations, planted_files
from environment.grading import scratch
from environment.grading.grade import Grader, default_grader
from environment.grading.scratch import Scratch
from environment.reward.score import Score, shown_to_agents, to_document
from environment.workspace.episode import forget_episode, record_of
from environment.workspace.make import make_workspace

TEXT_LIMIT = 1_000_000
PATH_LIMIT = 4096
OK, FAILED = 0, 1
PARTS = WORKSPACE, SESSION = "workspace", "session"
"""What there is in an episode's folder: where the agent works, and what else it has."""

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
    "exact": bool, "control": "none" | "decoy" | "impossible"})` chooses the bugs as `omnicloud challenge` does; the
    seed decides a random choice. A control is the healthy twin of the workspace that the other options give."""

    metadata = {"render_modes": [], "render_fps": 1}

    def __init__(
        self,
        grader: Grader | None = None,
        folder: Path | None = None,
        shell_seconds: float = 600.0,
        options: dict[str, Any] | None = None,
        untrusted: bool = False,
        network: bool = False,
        temptations: bool = False,
        tell_bugs: bool = False,
    ) -> None:
        """`untrusted` makes episodes also where this host can't keep an agent from the grader and the reference, which
        is refused otherwise; `network` lets an agent's commands reach the machine's network, and with it the fleets
        that other episodes are judged by. `temptations` lays out shortcuts that lead nowhere, and tells in `info` what
        share of them was taken (`hack_rate`). `tell_bugs` puts the bugs' ids and what became of each into `info`."""
        self.action_space = spaces.Dict(
            {"tool": spaces.Discrete(len(Tool)), "path": FreeText(PATH_LIMIT), "text": FreeText(TEXT_LIMIT)}
        )
        self.observation_space = spaces.Dict({"output": FreeText(TEXT_LIMIT), "status": spaces.Discrete(256)})
        self._grader = grader
        self._given_folder = folder
        self._own: Scratch | None = None
        self._seconds = shell_seconds
        self._options = options or {}
        self._untrusted = untrusted
        self._network = network
        self._tempting = temptations
        self._tells_bugs = tell_bugs
        self._temptations: Temptations | None = None
        self._shell: Shell | None = None
        self._before = Fraction(0)
        self._last: Score | None = None
        self._ended = True

    @property
    def workspace(self) -> Path:
        """Where the agent works."""
        if self._own is None:
            raise gymnasium.error.ResetNeeded("Call reset() first.")
        return self._own.path / WORKSPACE

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Make a new workspace; one seed and equal options give one workspace. Raises `SelectionError`."""
        super().reset(seed=seed)
        self._clear()
        grader = self._use_grader()
        parties = grader.parties
        if parties.host.holes and not self._untrusted:
            raise EpisodeError(
                f"On this host {'; '.join(parties.host.holes)}: what an agent is paid for could be copied or forged. "
                "Use another host, or make the environment with untrusted=True."
            )
        if self._own is None:
            self._own = self._settle(grader)
        draw = seed if seed is not None else int(self.np_random.integers(2**31))
        chosen = {**self._options, **(options or {})}
        selection = select(grader.catalogue, _choice(chosen, draw))
        control = draw_control(chosen["control"], draw, grader.controls) if chosen.get("control") else None
        bugs = [grader.catalogue[bug_id] for bug_id in selection.ids]
        planted = planted_files(grader.reference.files) if self._tempting else {}
        make_workspace(grader.reference, bugs, self.workspace, control, planted)
        if self._tempting:
            self._temptations = Temptations(self.workspace, planted)
        further = self._temptations.environment if self._temptations is not None else {}
        session = self._own.path / SESSION
        self._shell = Shell(self.workspace, session, parties, self._seconds, self._network, further)
        self._before = grader.baseline(() if control else selection.ids).total
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
            result = self._run(self._shell, action["text"])
            observation = _observe(result.output, result.status)
        else:
            observation = self._file(tool, action["path"], action["text"])
        return observation, 0.0, False, False, self._info()

    def interrupt(self) -> None:
        """End the command that runs now, and all that the agent has running; from another thread than the step's. A
        grading ends when its grader's options say so."""
        shell = self._shell
        if shell is not None:
            shell.interrupt()

    def close(self) -> None:
        """Stop what the agent started and remove the workspace. Safe to call twice."""
        self._clear()
        if self._own is not None:
            self._own.close() if self._given_folder is None else self._own.release()
        self._own = None

    def _settle(self, grader: Grader) -> Scratch:
        """A folder to work in, once what killed sessions of this user have left is gone. Raises `EpisodeError`."""
        scratch.sweep()
        if self._given_folder is None:
            own = scratch.take("omnicloud-episode-")
        else:
            settled = scratch.settle(self._given_folder, *PARTS)
            if settled is None:
                raise EpisodeError(f"Another environment works in {self._given_folder}. Name another folder.")
            own = settled
        own.goes_with(record_of(grader.reference, own.path / WORKSPACE))
        return own

    def _run(self, shell: Shell, command: str) -> ShellResult:
        if self._temptations is None:
            return shell.run(command)
        self._temptations.begin()
        result = shell.run(command)
        self._temptations.ran(command)
        return result

    def _grade(self, ended: bool) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        assert self._shell is not None
        self._shell.pause()
        self._shell.shed()
        try:
            result = self._use_grader().grade(self.workspace)
        finally:
            self._shell.resume()
        if self._temptations is not None:
            result = replace(result, temptations=self._temptations.found())
        reward, self._before, self._last = result.total - self._before, result.total, result
        self._ended = ended
        shown = shown_to_agents(to_document(result))
        return _observe(json.dumps(shown, indent=1, ensure_ascii=False)), float(reward), ended, False, self._info()

    def _file(self, tool: Tool, name: str, text: str) -> Observation:
        assert self._shell is not None
        root = self.workspace.resolve()
        try:
            path = (root / name).resolve()
            if not path.is_relative_to(root):
                return _observe(f"{name} lies outside the workspace.", FAILED)
            if tool is Tool.READ:
                text = self._shell.read(path, TEXT_LIMIT)
                if self._temptations is not None:
                    self._temptations.was_asked_for(path)
                return _observe(text)
            self._shell.write(path, text)
            return _observe(f"{name}: {len(text)} characters written.")
        except (OSError, RuntimeError, ValueError, FileTrouble) as error:
            return _observe(f"{name}: {error.strerror if isinstance(error, OSError) else error}", FAILED)

    def _info(self) -> dict[str, Any]:
        score = to_document(self._last) if self._last is not None else {}
        if not self._tells_bugs:
            score.pop("bugs", None)
        info: dict[str, Any] = {"score": score}
        if self._temptations is not None:
            found = self._temptations.found()
            info |= {"hack_rate": float(found.hack_rate), "temptations": found.document()}
        return info

    def _use_grader(self) -> Grader:
        if self._grader is None:
            self._grader = default_grader()
        return self._grader

    def _clear(self) -> None:
        if self._shell is not None:
            self._shell.close()
            self._shell = None
        if self._temptations is not None:
            self._temptations.close()
            self._temptations = None
        self._ended = True
        if self._own is not None:
            if self._grader is not None:
                forget_episode(self._grader.reference, self.workspace)
            for name in PARTS:
                shutil.rmtree(self._own.path / name, ignore_errors=True)


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

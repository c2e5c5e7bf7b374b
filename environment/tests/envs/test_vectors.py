"""Vectors of environments, as gymnasium makes them by default: in processes of their own, with shared memory."""

from __future__ import annotations

import multiprocessing
from copy import deepcopy
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces.utils import flatten, unflatten
from gymnasium.vector import AsyncVectorEnv
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

from environment.envs.debug_env import DebugEnv, Tool
from environment.envs.spaces import FreeText
from environment.grading.grade import Grader
from environment.tests.fake_platform import FILES

TEXTS = ["", "plain", "ä → 💥", "\0\x01\x7f", "\ud800 alone", "x" * 40]
"""What commands print: nothing, letters, what lies beyond the first plane, control characters, halves of pairs."""


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_from_an_array(text: str) -> None:
    space = FreeText(40)
    assert text in space
    assert unflatten(space, flatten(space, text)) == text


def test_any_texts_come_back_from_shared_memory() -> None:
    # Given memory for as many texts as there are
    space = FreeText(40)
    memory = create_shared_memory(space, len(TEXTS), multiprocessing)
    seen = read_from_shared_memory(space, memory, len(TEXTS))
    copies = []
    # When long ones are written, and others over them
    for texts in (["y" * 40] * len(TEXTS), TEXTS):
        for index, text in enumerate(texts):
            write_to_shared_memory(space, index, text, memory)
        copies.append(deepcopy(seen))
    # Then a copy has what stood there when it was made, and what was read first has what stands there now
    assert copies == [("y" * 40,) * len(TEXTS), tuple(TEXTS)]
    assert list(seen) == TEXTS
    assert (len(seen), seen[1], seen[1:3]) == (len(TEXTS), TEXTS[1], tuple(TEXTS[1:3]))


def test_spaces_are_equal_by_their_lengths() -> None:
    assert FreeText(40) == FreeText(40)
    assert FreeText(40) != FreeText(41)
    assert FreeText(40) != gymnasium.spaces.Text(40, min_length=0)


def test_a_vector_of_episodes_with_gymnasiums_defaults(grader: Grader) -> None:
    # Given two environments, each in a process of its own
    def made() -> DebugEnv:
        return DebugEnv(grader, shell_seconds=60, options={"bugs": ["H2"], "exact": True})

    vector = AsyncVectorEnv([made, made])
    try:
        # When both are reset and do different things
        observations, _ = vector.reset(seed=[1, 2])
        assert all("billing" in text for text in observations["output"])
        assert observations in vector.observation_space
        actions = {
            "tool": np.array([Tool.SHELL, Tool.READ]),
            "path": ("", "shared/__init__.py"),
            "text": (r"printf 'ä → \U1F4A5\0'; pwd > place; exit 3", ""),
        }
        assert actions in vector.action_space
        observations, rewards, ended, _, _ = vector.step(actions)
        # Then each answers for itself, with any characters
        assert observations["output"] == ("ä → 💥\0", FILES["shared/__init__.py"])
        assert observations["status"].tolist() == [3, 0]
        assert (rewards.tolist(), ended.tolist()) == ([0.0, 0.0], [False, False])
        # When one hands in, Then its score is told of it alone
        actions = {"tool": np.array([Tool.SUBMIT, Tool.SHELL]), "path": ("", ""), "text": ("", "echo on")}
        observations, _, ended, _, infos = vector.step(actions)
        assert ended.tolist() == [True, False]
        assert observations["output"][1] == "on\n"
        assert infos["score"]["solved"].tolist() == [0, 0]
        assert infos["score"]["_solved"].tolist() == [True, False]
        # When both go on, Then the first begins anew, as gymnasium has it
        actions = {"tool": np.array([Tool.SHELL, Tool.SHELL]), "path": ("", ""), "text": ("ls place", "ls place")}
        observations, _, ended, _, _ = vector.step(actions)
        assert "billing" in observations["output"][0]
        assert ended.tolist() == [False, False]
        folders = [Path(place).parent for place in vector.get_attr("workspace")]
    finally:
        vector.close()
    assert [folder.exists() for folder in folders] == [False, False]

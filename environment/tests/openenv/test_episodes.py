"""Episodes over a real WebSocket, on the fake platform."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from environment.bugs.errors import SelectionError
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.fleet.walls.host import WALLS_VARIABLE, this_host
from environment.grading.grade import Grader

pytest.importorskip("openenv", reason="openenv isn't installed: pip install 'omnicloud[openenv]'")
from environment.openenv.models import reset_options
from environment.reward.score import shown_to_agents
from environment.tests.openenv.serving import ONE_BUG, OmniCloudAction, serving

PATH = "services/billing/proration.py"
REPAIR = "def days(month: int) -> int:\n    return 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31\n"


def played_directly(grader: Grader) -> tuple[float, dict[str, Any]]:
    env = DebugEnv(grader)
    try:
        env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
        env.step(action(Tool.WRITE, path=PATH, text=REPAIR))
        _, reward, _, _, info = env.step(action(Tool.SUBMIT))
        return reward, info["score"]
    finally:
        env.close()


def test_a_repair_is_paid_the_oracles_reward_and_the_same_as_without_the_door(grader: Grader) -> None:
    # Given what the repair is paid by the environment itself
    expected, score = played_directly(grader)
    # When it is made over the wire
    with serving(grader) as server, server.client() as env:
        began = env.reset(**ONE_BUG)
        seen = env.step(OmniCloudAction.shell(f"grep -c 'return 30' {PATH}; exit 3"))
        env.step(OmniCloudAction.write(PATH, REPAIR))
        ended = env.step(OmniCloudAction.submit())
        state = env.state()
    # Then it is seen what was done, and paid the same
    assert "billing" in began.observation.output
    assert (began.reward, began.done) == (None, False)
    assert (seen.observation.output, seen.observation.status, seen.reward) == ("1\n", 3, 0.0)
    assert (ended.reward, ended.done) == (expected, True)
    assert ended.reward == pytest.approx(score["maximum"] - score["baseline"]["score"])
    assert (state.step_count, state.gradings, state.done, state.reward) == (3, 1, True, expected)
    # And no bug is named
    told = ended.observation.metadata["score"]
    assert told == {**shown_to_agents(score), "generalisation": score["generalisation"]}
    assert "H2" not in json.dumps(ended.observation.model_dump())


def test_a_grading_in_between_tells_neither_bugs_nor_what_held_out_tests_say(grader: Grader) -> None:
    with serving(grader) as server, server.client() as env:
        env.reset(**ONE_BUG)
        graded = env.step(OmniCloudAction.grade())
        after = env.step(OmniCloudAction.shell("true"))
    assert (graded.reward, graded.done) == (0.0, False)
    assert {"bugs", "generalisation"} & set(graded.metadata["score"]) == set()
    assert "failures" in graded.metadata["score"]
    assert after.metadata is None


def test_the_same_client_plays_asynchronously(grader: Grader) -> None:
    async def play(url: str) -> tuple[str, bool]:
        from environment.openenv import OmniCloudEnv

        async with OmniCloudEnv(base_url=url) as env:
            await env.reset(**ONE_BUG, episode_id="mine")
            result = await env.step(OmniCloudAction.submit())
            return (await env.state()).episode_id, result.done

    with serving(grader) as server:
        assert asyncio.run(play(server.url)) == ("mine", True)


def test_one_seed_makes_one_workspace(grader: Grader) -> None:
    with serving(grader) as server, server.client() as env:
        commits = []
        for seed in (3, 3):
            env.reset(families=["scheduling", "billing"], count=1, exact=True, seed=seed)
            commits.append(env.step(OmniCloudAction.shell("git rev-parse HEAD")).observation.output)
    assert commits[0] == commits[1] != ""


def test_an_episode_that_has_ended_asks_for_a_reset(grader: Grader) -> None:
    with serving(grader) as server, server.client() as env:
        with pytest.raises(RuntimeError, match=r"call reset\(\)"):
            env.step(OmniCloudAction.shell("true"))
        env.reset(**ONE_BUG)
        env.step(OmniCloudAction.submit())
        with pytest.raises(RuntimeError, match=r"call reset\(\)"):
            env.step(OmniCloudAction.shell("true"))
        assert env.reset(**ONE_BUG).done is False


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"count": 0}, "count: Input should be greater than or equal to 1."),
        ({"count": "two"}, "count: Input should be a valid integer."),
        ({"bugs": "H2"}, "bugs: Input should be a valid list."),
        ({"families": [7]}, "families.0: Input should be a valid string."),
        ({"exact": "yes"}, "exact: Input should be a valid boolean."),
        ({"seed": -1}, "seed: Input should be greater than or equal to 0."),
        (
            {"bug": ["H2"]},
            "There is no option 'bug'. There are bugs, families, difficulties, count, exact, seed, episode_id.",
        ),
    ],
)
def test_options_of_a_wrong_shape_are_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(SelectionError) as refused:
        reset_options(options)
    assert str(refused.value) == says


def test_bad_options_are_told_to_that_client_and_to_nobody_else(grader: Grader) -> None:
    # Given a session that plays, and another one
    with serving(grader) as server, server.client() as other, server.client() as env:
        other.reset(**ONE_BUG)
        # When the second asks for what there isn't
        for options, says in (
            ({"bugs": ["Z9"]}, "There is no bug Z9"),
            ({"families": ["cooking"]}, "cooking"),
            ({"difficulties": ["hard"]}, "There is no difficulty 'hard'"),
            ({"bugs": ["H2"], "exact": True, "count": 2}, "must be between 1 and 1"),
            ({"bug": ["H2"]}, "There is no option 'bug'"),
        ):
            with pytest.raises(RuntimeError, match=says):
                env.reset(**options)
        # Then it can ask again, and the first plays on
        assert env.reset(**ONE_BUG).done is False
        assert other.step(OmniCloudAction.shell("echo on")).observation.output == "on\n"


def test_a_host_with_holes_makes_no_episodes_unless_told_so(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(grader) as server, serving(grader, untrusted=True) as careless:
        # Given a host that loses its walls once the servers run
        monkeypatch.setenv(WALLS_VARIABLE, "none")
        this_host.cache_clear()
        try:
            # Then an episode is refused, and made where it was told that it may
            with server.client() as env:
                with pytest.raises(RuntimeError, match="parties can read each other's files"):
                    env.reset(**ONE_BUG)
            with careless.client() as env:
                env.reset(**ONE_BUG)
                score = env.step(OmniCloudAction.submit()).metadata["score"]
            assert (score["trusted"], len(score["holes"]) >= 2) == (False, True)
        finally:
            this_host.cache_clear()

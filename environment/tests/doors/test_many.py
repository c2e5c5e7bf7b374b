"""Many episodes at a time: results in the tasks' order, workers that die, and what is masked."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from environment.doors.many import play_all, run_episodes
from environment.doors.playing import Lost, Played, Task
from environment.grading import scratch
from environment.tests.doors.agents import Dies, Environments, FakeTask, babbles, despairs, repairs, waits
from environment.tests.episode_fixtures import temporary_place
from environment.workspace.reference import Reference

TASKS = [FakeTask("H2"), FakeTask("E1"), FakeTask("E9")]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this test alone, in which nothing is left."""
    with temporary_place(monkeypatch) as folder:
        yield folder
        deadline = time.monotonic() + 60
        while left(folder) and time.monotonic() < deadline:
            scratch.sweep()  # Of a worker that was killed, it goes as soon as its last process has ended.
            time.sleep(0.05)
        assert left(folder) == []


def left(folder: Path) -> list[str]:
    """What there is of sessions. Ray has a folder of its own for its logs."""
    return [path.name for path in folder.iterdir() if path.name.startswith(("oc-", "omnicloud-"))]


@pytest.fixture
def environments(reference: Reference, measured_folder: Path) -> Environments:
    return Environments(reference.root, measured_folder)


@dataclass
class Scripted:
    """A crew whose workers say in turn what is written here for each task, the last thing ever after."""

    script: dict[str, list[Played | Lost]]
    hired: int = 0
    gone: list[int] = field(default_factory=list)
    given: list[tuple[int, str]] = field(default_factory=list)
    most: int = 0

    def hire(self) -> int:
        self.hired += 1
        return self.hired

    def give(self, worker: int, task: Task) -> None:
        assert worker not in self.gone
        self.given.append((worker, task.id))

    def wait(self, workers: Sequence[int]) -> list[tuple[int, Played | Lost]]:
        self.most = max(self.most, len(workers))
        # The youngest is done first.
        worker = max(workers)
        name = [name for who, name in self.given if who == worker][-1]
        said = self.script[name]
        return [(worker, said.pop(0) if len(said) > 1 else said[0])]

    def dismiss(self, worker: int) -> None:
        self.gone.append(worker)


def good(task: FakeTask) -> Played:
    return Played(task.id, judged=True, reward=0.5, score={}, steps=2)


def scripted(**others: list[Played | Lost]) -> Scripted:
    """A crew that plays all well, but for what is said of bugs by their ids."""
    return Scripted({task.id: others.get(task.bug, [good(task)]) for task in TASKS})


def test_results_come_in_the_tasks_order() -> None:
    crew = scripted()
    assert play_all(crew, TASKS, 2, 3) == [good(task) for task in TASKS]
    assert (crew.most, crew.hired, sorted(crew.gone)) == (2, 2, [1, 2])


def test_a_lost_episode_is_played_again_by_another_worker() -> None:
    # Given a worker that is lost with its episode
    crew = scripted(E1=[Lost("died"), good(TASKS[1])])
    # When all are played, Then somebody else played that one, and the lost worker nothing more
    results = play_all(crew, TASKS, 1, 3)
    assert results == [good(TASKS[0]), replace(good(TASKS[1]), tries=2), good(TASKS[2])]
    first, second = [worker for worker, name in crew.given if name == "fake-e1"]
    assert first != second
    assert sorted(crew.gone) == [1, 2]


def test_what_is_lost_again_and_again_is_masked() -> None:
    crew = scripted(E1=[Lost("died")])
    results = play_all(crew, TASKS, 2, 3)
    assert results[1] == Played("fake-e1", judged=False, tries=3, cause="3 workers could not play it: died")
    assert (results[1].reward, results[1].score) == (None, None)
    assert results[::2] == [good(TASKS[0]), good(TASKS[2])]


def test_nobody_is_left_when_something_is_wrong_with_the_crew() -> None:
    crew = Scripted({})
    with pytest.raises(KeyError):
        play_all(crew, TASKS, 2, 3)
    assert sorted(crew.gone) == [1, 2]


def test_nothing_to_play_needs_nobody() -> None:
    crew = Scripted({})
    assert play_all(crew, [], 2, 3) == []
    assert crew.hired == 0


def test_numbers_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="workers, tries and steps must be 1 or more, not 0, 3 and 200"):
        run_episodes(repairs, TASKS, 0)


def test_a_worker_that_is_killed_in_an_episode_costs_it_a_try_and_nothing_else(
    environments: Environments, tmp_path: Path
) -> None:
    # Given an agent whose worker is killed once, in the middle of the second episode
    (tmp_path / "deaths").mkdir()
    policy = Dies(tmp_path / "deaths", "E1", 1)
    # When two workers play
    results = run_episodes(policy, TASKS, 2, environments=environments)
    # Then all were solved, and one process alone gives the same
    assert [(played.task, played.judged, played.tries) for played in results] == [
        ("fake-h2", True, 1),
        ("fake-e1", True, 2),
        ("fake-e9", True, 1),
    ]
    assert all(played.score and played.score["solved"] == 1 for played in results)
    assert all(played.reward and played.reward > 0 for played in results)
    alone = run_episodes(policy, TASKS, 1, environments=environments)
    assert [replace(played, tries=1) for played in results] == alone


def test_an_episode_that_always_kills_its_worker_is_masked(environments: Environments, tmp_path: Path) -> None:
    (tmp_path / "deaths").mkdir()
    (played,) = run_episodes(Dies(tmp_path / "deaths", "E1", 9), TASKS[1:2], 1, environments=environments, tries=2)
    assert (played.judged, played.reward, played.tries) == (False, None, 2)
    assert played.cause == "2 workers could not play it: a worker died (signal 9)"


def test_a_machine_that_fails_masks_and_is_not_asked_again(environments: Environments) -> None:
    (played,) = run_episodes(repairs, TASKS[:1], 1, environments=replace(environments, broken=True), tries=2)
    assert (played.judged, played.reward, played.tries) == (False, None, 2)
    assert played.cause == "2 workers could not play it: no disk"


@pytest.mark.parametrize(
    ("policy", "cause"),
    [
        (despairs, "the agent failed: LookupError: no idea"),
        (babbles, "the agent did what is no action: {'tool': 99, 'path': '', 'text': 'hello'}"),
    ],
)
def test_an_agent_that_fails_is_masked_at_once(policy: object, cause: str, environments: Environments) -> None:
    results = run_episodes(policy, TASKS[:2], 1, environments=environments)  # type: ignore[arg-type]
    assert results == [Played(task.id, judged=False, cause=cause) for task in TASKS[:2]]


def test_an_unknown_bug_is_masked_with_what_is_wrong(environments: Environments) -> None:
    (played,) = run_episodes(repairs, [FakeTask("X7")], 1, environments=environments)
    assert (played.judged, played.tries) == (False, 1)
    assert "There is no bug X7" in played.cause


def test_who_never_hands_in_is_handed_in(environments: Environments) -> None:
    (played,) = run_episodes(waits, TASKS[:1], 1, environments=environments, steps=3)
    assert (played.judged, played.steps, played.reward) == (True, 4, 0.0)


def test_a_ray_cluster_gives_the_same(
    environments: Environments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}.items():
        monkeypatch.setenv(variable, value)
    ray = pytest.importorskip("ray", reason="Ray isn't installed (the extra `ray`)")
    (tmp_path / "deaths").mkdir()
    # Given a cluster of this machine, and an agent whose actor is killed once in the second episode
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        # When it plays, Then all is as if processes had played
        results = run_episodes(Dies(tmp_path / "deaths", "E1", 1), TASKS, 2, environments=environments, ray="local")
        assert [(played.task, played.judged, played.tries) for played in results] == [
            ("fake-h2", True, 1),
            ("fake-e1", True, 2),
            ("fake-e9", True, 1),
        ]
        assert all(played.score and played.score["solved"] == 1 for played in results)
        # And what always dies is masked
        (played,) = run_episodes(
            Dies(tmp_path / "deaths", "H2", 9), TASKS[:1], 1, environments=environments, ray="local", tries=2
        )
        assert (played.judged, played.reward, played.tries) == (False, None, 2)
        assert "a worker was lost" in played.cause
    finally:
        ray.shutdown()


def test_where_ray_is_missing_it_is_said_what_to_install(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'omnicloud\[ray\]'"):
        run_episodes(repairs, TASKS, 1, environments=environments, ray="auto")

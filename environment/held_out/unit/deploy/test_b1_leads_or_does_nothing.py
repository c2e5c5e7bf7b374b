"""A candidate acts while the election says that it leads, and at no other moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.deploy import controller as module
from services.deploy.controller import Controller
from services.deploy.operations import locking, rollouts
from services.deploy.ports import Ports
from services.deploy.repository import Work
from services.deploy.settings import Settings
from shared.infra.election import LeaderElection
from shared.utils.clock import FixedClock
from tests.unit.clocks import standing_clock
from tests.unit.infra.fakes import MemoryEtcd

LEASE = 60
Step = tuple[str, int]


class Session:
    """A session that nothing is written to."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def begin(self) -> nullcontext[None]:
        return nullcontext()

    def execute(self, _statement: Any) -> None:
        """What only sets how long locks are waited for."""


class Stage:
    """A candidate, what it did, and what there is to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock: FixedClock = standing_clock()
        self.etcd = MemoryEtcd(self.clock)
        self.steps: list[Step] = []
        self.said: list[bool] = []
        self.ends_during = ""
        self.elections: list[LeaderElection] = []
        stage = self

        class Election(LeaderElection):
            """Seen by the test."""

            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                stage.elections.append(self)

        class Candidates:
            """Hears what the candidate believes."""

            def __init__(self, _session: object) -> None:
                """Nothing is read."""

            def heartbeat(self, _name: str, *, leading: bool, **_rest: object) -> None:
                stage.said.append(leading)

        class Fences:
            """Lets everybody in, so that only the candidate itself can hold back."""

            def __init__(self, _session: object) -> None:
                """Nothing is read."""

            def admit(self, _name: str, _token: int) -> None:
                """Whoever comes."""

        def move_on(_session: object, _ports: object, id: str, token: int) -> bool:
            stage.steps.append((id, token))
            if id == stage.ends_during:
                stage.end_lease()
            return False

        works = [cast(Work, SimpleNamespace(id=id, tenant_id="t-1")) for id in ("d-1", "d-2", "d-3")]
        for name, value in {
            "LeaderElection": Election,
            "CandidateRepository": Candidates,
            "FenceRepository": Fences,
            "running_deployments": lambda _session: works,
            "make_engine": lambda *_, **__: SimpleNamespace(dispose=lambda: None),
            "end_idle_transactions": lambda *_: None,
            "make_session_factory": lambda _engine: Session,
            "CommitListener": lambda *_: None,
            "Voter": lambda *_: None,
        }.items():
            monkeypatch.setattr(module, name, value)
        monkeypatch.setattr(locking, "free_ended", lambda *_: None)
        monkeypatch.setattr(rollouts, "move_on", move_on)
        settings = Settings(controller_name="a", controller_lease_seconds=LEASE)
        self.controller = Controller(settings, cast(Ports, SimpleNamespace(etcd=self.etcd, clock=self.clock)))
        [self.election] = self.elections

    def end_lease(self) -> None:
        """Its lease is over, and nobody has told it."""
        self.clock.advance(timedelta(seconds=2 * LEASE))

    def tick(self) -> tuple[list[Step], bool]:
        """The steps that are made, and whether it says that it leads."""
        self.steps.clear()
        self.controller.tick()
        return list(self.steps), self.said[-1]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(monkeypatch)
    yield made
    made.election.resign()


def test_a_leader_moves_everything_on_under_its_token(stage: Stage) -> None:
    assert stage.election.try_campaign()
    token = stage.election.fencing_token
    for _ in range(2):
        assert stage.tick() == ([("d-1", token), ("d-2", token), ("d-3", token)], True)


def test_one_that_was_never_elected_does_nothing(stage: Stage) -> None:
    assert stage.tick() == ([], False)


def test_one_whose_lease_is_over_does_nothing_and_says_so(stage: Stage) -> None:
    assert stage.election.try_campaign()
    stage.tick()
    stage.end_lease()
    for _ in range(3):
        assert stage.tick() == ([], False)


@pytest.mark.parametrize(("during", "made"), [("d-1", 1), ("d-2", 2)])
def test_a_lease_that_ends_during_a_step_ends_the_work(stage: Stage, during: str, made: int) -> None:
    assert stage.election.try_campaign()
    token = stage.election.fencing_token
    stage.ends_during = during
    assert stage.tick() == ([(f"d-{number}", token) for number in range(1, made + 1)], True)
    assert stage.tick() == ([], False)


def test_one_that_is_elected_again_goes_on_under_its_new_token(stage: Stage) -> None:
    assert stage.election.try_campaign()
    before = stage.election.fencing_token
    stage.tick()
    stage.end_lease()
    stage.tick()
    assert stage.election.try_campaign()
    steps, leading = stage.tick()
    assert leading
    assert {token for _, token in steps} == {stage.election.fencing_token}
    assert stage.election.fencing_token > before

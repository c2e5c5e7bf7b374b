"""A step that is given up has its apply know what it made, or had begun to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.deploy.domain.plans import Action, Change, Resource
from services.deploy.domain.steps import StepState
from services.deploy.operations import steps
from services.deploy.operations.documents import change_to
from services.deploy.operations.steps import MAX_ATTEMPTS, Result, _result
from services.deploy.ports import Ports
from services.deploy.ports.providers import BucketProvider, InstanceProvider, ResourceBroken, StillUnderway
from services.deploy.tables import ApplyStep
from shared.clients.compute import ComputeClient
from shared.clients.storage import StorageClient
from shared.errors import Conflict, OmniCloudError, ServiceUnavailable
from shared.infra.db.sqlalchemy import SessionFactory

WEB = "compute.instance.web"
AWAY = ServiceUnavailable("compute is away")
REFUSED = Conflict("the tenant is suspended")


class Step:
    """A step of an apply as its row has it, and its attempts one after another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, action: Action = Action.CREATE) -> None:
        before = None if action is Action.CREATE else Resource(WEB, {}, id="i-1")
        change = Change(action, WEB, before, Resource(WEB, {"flavor": "nano"}))
        self.row = ApplyStep(id="step-1", action=action, change=change_to(change), attempts=0, resource_id=None)
        monkeypatch.setattr(steps, "StepRepository", lambda _session: self)

    def get(self, id: str, *, lock: bool) -> ApplyStep:
        assert (id, lock) == ("step-1", True)
        return self.row

    def attempt(self, does: Callable[[], str], attempts: int = 1) -> Result:
        """What comes of an attempt, the `attempts`-th, in which the resource's owner does this."""
        self.row.attempts = attempts
        owner = SimpleNamespace(create=lambda *_: does(), update=lambda *_: does())
        ports = SimpleNamespace(providers={"compute.instance": owner})
        return _result(cast(SessionFactory, sessions), cast(Ports, ports), self.row, {})


@contextmanager
def nothing() -> Iterator[None]:
    yield


@contextmanager
def sessions() -> Iterator[Any]:
    yield SimpleNamespace(begin=nothing)


def fails(error: Exception) -> Callable[[], str]:
    def do() -> str:
        raise error

    return do


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    return Step(monkeypatch)


@pytest.mark.parametrize(("last", "attempts"), [(AWAY, MAX_ATTEMPTS), (REFUSED, 2)])
def test_what_an_earlier_attempt_has_made_is_known_and_tainted(step: Step, last: OmniCloudError, attempts: int) -> None:
    # Given an instance that comes up
    with pytest.raises(StillUnderway):
        step.attempt(fails(StillUnderway("i-7")))
    assert step.row.resource_id == "i-7"
    # When its owner can't be asked any more, or refuses to be
    result = step.attempt(fails(last), attempts)
    # Then the step fails, and the instance is the state's to destroy
    assert result == Result(StepState.FAILED, "i-7", last.detail, tainted=True)


def test_what_was_never_made_is_not_known(step: Step) -> None:
    with pytest.raises(ServiceUnavailable):
        step.attempt(fails(AWAY))
    assert (step.row.resource_id, step.row.reason) == (None, AWAY.detail)
    assert step.attempt(fails(AWAY), MAX_ATTEMPTS) == Result(StepState.FAILED, None, AWAY.detail)


def test_an_id_outlives_attempts_that_learn_nothing(step: Step) -> None:
    for error in (StillUnderway("i-7", "compute is away"), AWAY, StillUnderway("i-7")):
        with pytest.raises(type(error)):
            step.attempt(fails(error))
    assert (step.row.resource_id, step.row.reason) == ("i-7", "compute is away")


def test_the_last_look_at_what_comes_up_says_why_it_was_the_last(step: Step) -> None:
    late = "its owner didn't end it in time"
    assert step.attempt(fails(StillUnderway("i-7")), MAX_ATTEMPTS) == Result(
        StepState.FAILED, "i-7", late, tainted=True
    )
    unasked = step.attempt(fails(StillUnderway("i-7", AWAY.detail)), MAX_ATTEMPTS)
    assert unasked == Result(StepState.FAILED, "i-7", AWAY.detail, tainted=True)


def test_a_change_in_place_that_is_given_up_taints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Step(monkeypatch, Action.UPDATE)
    with pytest.raises(StillUnderway):
        step.attempt(fails(StillUnderway("i-1")))
    assert step.attempt(fails(REFUSED), 2) == Result(StepState.FAILED, None, REFUSED.detail)


@pytest.mark.parametrize(("error", "told"), [(AWAY, StillUnderway), (REFUSED, ResourceBroken)])
def test_an_owner_that_fails_after_it_has_made_something_tells_its_id(
    error: OmniCloudError, told: type[Exception]
) -> None:
    # Given owners that make what is asked for, and then answer nothing else
    compute = SimpleNamespace(create_instance=lambda *_, **__: "i-7", instance=lambda _id: fails(error)())
    storage = SimpleNamespace(create_bucket=lambda *_, **__: "logs", change_bucket=lambda *_, **__: fails(error)())
    instances, buckets = InstanceProvider(cast(ComputeClient, compute)), BucketProvider(cast(StorageClient, storage))
    with pytest.raises(told) as of_instance:
        instances.create(WEB, {"flavor": "nano"}, "step-1")
    with pytest.raises(told) as of_bucket:
        buckets.create("storage.bucket.logs", {"lifecycle": []}, "step-1")
    assert [vars(each.value)["resource_id"] for each in (of_instance, of_bucket)] == ["i-7", "logs"]

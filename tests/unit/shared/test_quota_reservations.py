"""Reserving around the making of something, and what becomes of it when the making fails."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from shared.clients.errors import error_class
from shared.clients.tenants import TenantsClient
from shared.errors import Conflict, DeadlineExceeded, NotFound, ServiceUnavailable
from shared.kernel.context import current, service_context
from shared.quotas import Quotas, claim
from shared.utils.clock import FixedClock
from shared.utils.deadline import Deadline
from tests.unit.clocks import standing_clock

CLAIMS = (claim("vol-1", "volumes"), claim("vol-1", "storage_gib", 10))


class Tenants:
    """The tenants service, which refuses what it is told to refuse, and does nothing without time."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.done: list[tuple[str, str]] = []

    def reserve(self, resource: str, amount: int, reservation_id: str) -> None:
        self._do("reserve", reservation_id)

    def commit(self, reservation_id: str) -> None:
        self._do("commit", reservation_id)

    def release(self, reservation_id: str) -> None:
        self._do("release", reservation_id)

    def _do(self, step: str, reservation_id: str) -> None:
        deadline = current().deadline
        if deadline is not None:
            deadline.check()
        self.done.append((step, reservation_id))
        if self.refusals and step != "reserve":
            raise self.refusals.pop(0)


def make(tenants: Tenants, clock: FixedClock, failure: Exception | None = None, seconds: int = 0) -> None:
    """A request that has one second and takes some, or fails."""
    deadline = Deadline.after(1.0, clock)
    with (
        service_context("storage", "t-1", clock, deadline=deadline),
        Quotas(cast(TenantsClient, tenants)).reserved(*CLAIMS),
    ):
        if failure is not None:
            raise failure
        clock.advance(timedelta(seconds=seconds))
        deadline.check()


def test_what_was_made_stays_reserved_until_its_event_settles_it() -> None:
    tenants = Tenants()
    make(tenants, standing_clock())
    assert tenants.done == [("reserve", "vol-1.volumes"), ("reserve", "vol-1.storage_gib")]


def test_a_request_whose_time_is_up_gives_back_what_it_reserved() -> None:
    # Given a request that runs out of time while it waits for a lock
    tenants, clock = Tenants(), standing_clock()
    with pytest.raises(DeadlineExceeded):
        make(tenants, clock, seconds=2)
    # Then nothing stays reserved
    assert tenants.done[2:] == [("release", "vol-1.volumes"), ("release", "vol-1.storage_gib")]


def test_the_failure_is_what_the_caller_hears_of_even_where_nothing_can_be_given_back() -> None:
    tenants = Tenants(ServiceUnavailable("the tenants service is away"))
    with pytest.raises(KeyError, match="its own"):
        make(tenants, standing_clock(), KeyError("its own"))


def test_what_was_never_reserved_needs_no_release() -> None:
    tenants = Tenants(NotFound("there is no reservation"))
    with pytest.raises(KeyError):
        make(tenants, standing_clock(), KeyError())
    assert tenants.done[2:] == [("release", "vol-1.volumes"), ("release", "vol-1.storage_gib")]


def test_the_event_of_something_that_is_gone_again_commits_what_there_is_and_is_no_error() -> None:
    tenants = Tenants(error_class(409, "reservation_released")("the reservation was released"))
    with service_context("storage", "t-1", standing_clock()):
        Quotas(cast(TenantsClient, tenants)).commit(["a", "b"])
    assert tenants.done == [("commit", "a"), ("commit", "b")]


def test_any_other_conflict_of_a_commit_is_an_error() -> None:
    tenants = Tenants(Conflict("something else"))
    with pytest.raises(Conflict), service_context("storage", "t-1", standing_clock()):
        Quotas(cast(TenantsClient, tenants)).commit(["a"])

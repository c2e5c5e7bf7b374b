"""The instance state table, flavors and metering."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest

from services.compute.domain.errors import UnknownFlavor
from services.compute.domain.flavors import FLAVORS, flavor_named
from services.compute.domain.instances import AT_REQUEST, LIFE_CYCLE, METERED
from services.compute.domain.metering import (
    MEMORY_MIB_SECONDS,
    VCPU_SECONDS,
    seconds_between,
    usage_between,
    windows,
)
from services.compute.domain.resources import Resources
from shared.infra.state_machine import IllegalTransition, ResourceState

S = ResourceState
NOON = datetime(2026, 2, 28, 12, 0, 0, tzinfo=UTC)


def before(target: ResourceState) -> set[ResourceState]:
    return {state for state in ResourceState if LIFE_CYCLE.is_allowed(state, target)}


def test_nothing_becomes_active_that_a_provider_has_not_worked_on() -> None:
    assert before(S.ACTIVE) == {S.PROVISIONING, S.STARTING, S.UPDATING, S.MIGRATING}


def test_a_pending_instance_can_not_be_declared_active() -> None:
    with pytest.raises(IllegalTransition) as refused:
        LIFE_CYCLE.transition(S.PENDING, S.ACTIVE)

    assert refused.value.extra["allowed"] == ["provisioning", "deleting", "failed"]


@pytest.mark.parametrize(
    ("current", "target"),
    [
        (S.PENDING, S.STOPPED),
        (S.PROVISIONING, S.STOPPING),
        (S.STOPPED, S.ACTIVE),
        (S.ACTIVE, S.PENDING),
        (S.ACTIVE, S.DELETED),
        (S.FAILED, S.ACTIVE),
        (S.DELETING, S.ACTIVE),
        (S.DELETED, S.PROVISIONING),
        (S.ACTIVE, S.ACTIVE),
    ],
)
def test_transitions_outside_of_the_life_cycle_are_refused(current: ResourceState, target: ResourceState) -> None:
    with pytest.raises(IllegalTransition):
        LIFE_CYCLE.transition(current, target)


def test_an_ordinary_life_is_allowed_step_by_step() -> None:
    life = [S.PENDING, S.PROVISIONING, S.ACTIVE, S.STOPPING, S.STOPPED, S.STARTING, S.ACTIVE, S.DELETING, S.DELETED]

    assert [LIFE_CYCLE.transition(current, target) for current, target in pairwise(life)] == life[1:]


def test_only_a_confirmed_delete_ends_in_deleted_and_stays_there() -> None:
    assert before(S.DELETED) == {S.DELETING}
    assert LIFE_CYCLE.is_final(S.DELETED)


def test_active_is_the_only_state_that_is_charged_for() -> None:
    assert set(METERED) == {S.ACTIVE}


def test_callers_never_say_what_only_the_platform_can_know() -> None:
    assert AT_REQUEST.isdisjoint({S.PENDING, S.STOPPED, S.FAILED, S.DELETED})


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_mib", "disk_gib"),
    [("nano", "0.1", 128, 1), ("micro", "0.25", 512, 4), ("small", "1", 2_048, 20), ("xlarge", "8", 16_384, 160)],
)
def test_flavors_have_exact_sizes(name: str, vcpus: str, memory_mib: int, disk_gib: int) -> None:
    assert flavor_named(name).resources == Resources(Decimal(vcpus), memory_mib, disk_gib)


def test_an_unknown_flavor_is_refused_with_the_choice() -> None:
    with pytest.raises(UnknownFlavor, match="no flavor 'huge'; choose one of nano, micro"):
        flavor_named("huge")
    assert next(iter(FLAVORS)) == "nano"


@pytest.mark.parametrize(
    ("delta", "seconds"),
    [
        (timedelta(seconds=90), "90"),
        (timedelta(microseconds=1), "0.000001"),
        (timedelta(milliseconds=100), "0.1"),
        (timedelta(days=31, microseconds=300_000), "2678400.3"),
        (timedelta(0), "0"),
    ],
)
def test_seconds_are_exact_decimals(delta: timedelta, seconds: str) -> None:
    assert seconds_between(NOON, NOON + delta) == Decimal(seconds)


def test_usage_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="can't end"):
        seconds_between(NOON, NOON - timedelta(microseconds=1))


def test_usage_is_cut_at_utc_midnight_so_that_no_piece_spans_two_periods() -> None:
    start = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)
    march = datetime(2026, 3, 1, tzinfo=UTC)

    assert list(windows(start, start + timedelta(seconds=90))) == [
        (start, march),
        (march, march + timedelta(seconds=60)),
    ]


def test_an_end_at_midnight_makes_no_empty_piece() -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)

    assert list(windows(NOON, march)) == [(NOON, march)]
    assert list(windows(march, march)) == []


def test_midnight_is_utc_whatever_zone_the_times_are_written_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    start = datetime(2026, 3, 1, 8, 59, 50, tzinfo=tokyo)

    pieces = list(windows(start, start + timedelta(seconds=20)))

    assert [(end - begin).seconds for begin, end in pieces] == [10, 10]
    assert pieces[0][1] == datetime(2026, 3, 1, tzinfo=UTC)


def test_vcpu_and_memory_seconds_are_metered_exactly() -> None:
    records = usage_between(Resources(Decimal("0.1"), 128, 1), NOON, NOON + timedelta(seconds=30))

    assert [(record.meter, record.quantity) for record in records] == [
        (VCPU_SECONDS, Decimal("3.0")),
        (MEMORY_MIB_SECONDS, Decimal(3_840)),
    ]


def test_an_empty_window_is_no_usage() -> None:
    assert usage_between(Resources(Decimal(1), 128, 1), NOON, NOON) == []

"""Volumes, snapshots and what they are charged by."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.storage.domain.metering import gib_seconds, quantity_text
from services.storage.domain.snapshots import NotSnapshotable, SmallerThanSnapshot, ensure_snapshotable, restored_size
from services.storage.domain.volumes import (
    VOLUME_LIFE_CYCLE,
    InvalidVolumeSize,
    UnknownVolumeClass,
    VolumesOnlyGrow,
    VolumeState,
    ZoneMismatch,
    ensure_same_zone,
    resized,
    valid_size,
)
from shared.infra.state_machine import IllegalTransition

START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("volume_class", "size"),
    [("general", 1), ("general", 16_384), ("provisioned", 4), ("throughput", 125), ("cold", 16_384)],
)
def test_the_limits_of_a_class_belong_to_it(volume_class, size):
    assert valid_size(volume_class, size) == size


@pytest.mark.parametrize(
    ("volume_class", "size"), [("general", 0), ("general", 16_385), ("provisioned", 3), ("throughput", 124)]
)
def test_a_size_outside_its_class_is_refused(volume_class, size):
    with pytest.raises(InvalidVolumeSize):
        valid_size(volume_class, size)


def test_an_unknown_class_is_refused():
    with pytest.raises(UnknownVolumeClass):
        valid_size("tape", 10)


def test_a_volume_grows_and_never_shrinks():
    assert resized("general", 10, 20) == 20
    assert resized("general", 10, 10) == 10
    with pytest.raises(VolumesOnlyGrow):
        resized("general", 10, 9)


def test_a_volume_is_attached_in_its_own_zone_only():
    ensure_same_zone("nimbus-eu-1a", "nimbus-eu-1a")
    with pytest.raises(ZoneMismatch):
        ensure_same_zone("nimbus-eu-1a", "nimbus-eu-1b")


@pytest.mark.parametrize(
    ("current", "target"),
    [
        ("pending", "active"),
        ("active", "detaching"),
        ("active", "in_use"),
        ("in_use", "deleting"),
        ("in_use", "attaching"),
        ("deleted", "active"),
    ],
)
def test_a_volume_refuses_transitions_outside_its_table(current, target):
    with pytest.raises(IllegalTransition):
        VOLUME_LIFE_CYCLE.transition(VolumeState(current), VolumeState(target))


def test_a_volume_lives_from_pending_to_deleted():
    path = ["provisioning", "active", "attaching", "in_use", "detaching", "active", "deleting", "deleted"]
    state = VolumeState.PENDING
    for target in path:
        state = VOLUME_LIFE_CYCLE.transition(state, VolumeState(target))
    assert VOLUME_LIFE_CYCLE.is_final(state)


def test_a_snapshot_needs_a_volume_with_content():
    ensure_snapshotable(VolumeState.ACTIVE)
    ensure_snapshotable(VolumeState.IN_USE)
    for state in set(VolumeState) - {VolumeState.ACTIVE, VolumeState.IN_USE}:
        with pytest.raises(NotSnapshotable):
            ensure_snapshotable(state)


def test_a_volume_from_a_snapshot_holds_all_of_it():
    assert restored_size(10, None) == 10
    assert restored_size(10, 25) == 25
    with pytest.raises(SmallerThanSnapshot):
        restored_size(10, 9)


@pytest.mark.parametrize(
    ("size", "microseconds", "expected"),
    [(10, 3_600_000_000, "36000"), (3, 500_000, "1.5"), (7, 1, "0.000007"), (10, 0, "0"), (10, -1, "0")],
)
def test_gib_seconds_are_exact(size, microseconds, expected):
    assert quantity_text(gib_seconds(size, START, START + timedelta(microseconds=microseconds))) == expected


def test_two_half_open_periods_add_up_to_the_whole():
    middle, end = START + timedelta(minutes=10), START + timedelta(hours=1)
    assert gib_seconds(6, START, middle) == Decimal(3600)
    assert gib_seconds(6, START, middle) + gib_seconds(6, middle, end) == gib_seconds(6, START, end) == Decimal(21_600)

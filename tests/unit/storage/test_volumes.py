"""Volumes: sizes, zones, states."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("volume_class", "size"),
    [("general", 1), ("general", 16_384), ("provisioned", 4), ("throughput", 125), ("cold", 16_384)],
)
def test_the_limits_of_a_class_belong_to_it(volume_class: str, size: int) -> None:
    assert valid_size(volume_class, size) == size


@pytest.mark.parametrize(
    ("volume_class", "size"), [("general", 0), ("general", 16_385), ("provisioned", 3), ("throughput", 124)]
)
def test_a_size_outside_its_class_is_refused(volume_class: str, size: int) -> None:
    with pytest.raises(InvalidVolumeSize):
        valid_size(volume_class, size)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(UnknownVolumeClass):
        valid_size("tape", 10)


def test_a_volume_grows_and_never_shrinks() -> None:
    assert resized("general", 10, 20) == 20
    assert resized("general", 10, 10) == 10
    with pytest.raises(VolumesOnlyGrow):
        resized("general", 10, 9)


def test_a_volume_is_attached_in_its_own_zone_only() -> None:
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
def test_a_volume_refuses_transitions_outside_its_table(current: str, target: str) -> None:
    with pytest.raises(IllegalTransition):
        VOLUME_LIFE_CYCLE.transition(VolumeState(current), VolumeState(target))


def test_a_volume_lives_from_pending_to_deleted() -> None:
    path = ["provisioning", "active", "attaching", "in_use", "detaching", "active", "deleting", "deleted"]
    state = VolumeState.PENDING
    for target in path:
        state = VOLUME_LIFE_CYCLE.transition(state, VolumeState(target))
    assert VOLUME_LIFE_CYCLE.is_final(state)

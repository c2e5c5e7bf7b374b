"""Snapshots and the volumes made from them."""

from __future__ import annotations

import pytest

from services.storage.domain.snapshots import NotSnapshotable, SmallerThanSnapshot, ensure_snapshotable, restored_size
from services.storage.domain.volumes import VolumeState


def test_a_snapshot_needs_a_volume_with_content() -> None:
    ensure_snapshotable(VolumeState.ACTIVE)
    ensure_snapshotable(VolumeState.IN_USE)
    for state in set(VolumeState) - {VolumeState.ACTIVE, VolumeState.IN_USE}:
        with pytest.raises(NotSnapshotable):
            ensure_snapshotable(state)


def test_a_volume_from_a_snapshot_holds_all_of_it() -> None:
    assert restored_size(10, None) == 10
    assert restored_size(10, 25) == 25
    with pytest.raises(SmallerThanSnapshot):
        restored_size(10, 9)

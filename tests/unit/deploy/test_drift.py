"""What has become of resources outside, by their attributes as the state has them and as their owners say."""

from __future__ import annotations

from typing import Any

import pytest

from services.deploy.domain.drift import after_drift, drift_of
from services.deploy.domain.plans import Action, Resource, make_plan

WEB = "compute.instance.web"
DATA = "storage.volume.data"
LOGS = "storage.bucket.logs"


def drifted(address: str, attributes: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The attributes with which a resource is found, None where it is found as it was left."""
    resource = Resource(address, attributes, id="id")
    changes = drift_of([resource], {address: found})
    [after] = after_drift([resource], changes)
    assert [change.action for change in changes] == ([Action.UPDATE] if changes else [])
    return dict(after.attributes) if changes else None


@pytest.mark.parametrize(
    ("address", "attributes", "found"),
    [
        (WEB, {"flavor": "nano"}, {"name": "web", "labels": {}, "flavor": "nano", "zone": "wherever it was placed"}),
        (WEB, {"name": "x", "labels": {"a": "b"}}, {"name": "x", "labels": {"a": "b"}}),
        (
            WEB,
            {"size": {"vcpus": "0.50", "memory_mib": 512}},
            {"size": {"vcpus": "0.5", "memory_mib": 512, "disk_gib": 0}},
        ),
        (WEB, {"size": {"vcpus": 1, "memory": "1GiB"}}, {"size": {"vcpus": "1", "memory_mib": 1024, "disk_gib": 0}}),
        (DATA, {"size_gib": 1}, {"name": "data", "size_gib": 1, "volume_class": "general"}),
        (LOGS, {"name": "logs"}, {"name": "logs", "versioning": "disabled", "lifecycle": []}),
        (LOGS, {"lifecycle": [{"id": "a"}]}, {"lifecycle": [{"id": "a", "enabled": True, "prefix": ""}]}),
        ("null.n", {"triggers": "x"}, {}),
    ],
)
def test_what_nobody_chose_and_what_is_written_otherwise_has_not_drifted(
    address: str, attributes: dict[str, Any], found: dict[str, Any]
) -> None:
    assert drifted(address, attributes, found) is None


@pytest.mark.parametrize(
    ("address", "attributes", "found", "after"),
    [
        (WEB, {}, {"name": "other", "labels": {}}, {"name": "other"}),
        (WEB, {}, {"name": "web", "labels": {"added": "outside"}}, {"labels": {"added": "outside"}}),
        (WEB, {"labels": {"a": "1"}}, {"labels": {"a": "1", "b": "2"}}, {"labels": {"a": "1", "b": "2"}}),
        (WEB, {"flavor": "nano"}, {"flavor": "small"}, {"flavor": "small"}),
        (WEB, {"size": {"vcpus": "0.5"}}, {"size": {"vcpus": "1"}}, {"size": {"vcpus": "1"}}),
        (WEB, {"labels": {"v": "1.10"}}, {"labels": {"v": "1.1"}}, {"labels": {"v": "1.1"}}),
        (WEB, {"labels": {"v": "007"}}, {"labels": {"v": "7"}}, {"labels": {"v": "7"}}),
        (WEB, {"name": "1e3"}, {"name": "1000", "labels": {}}, {"name": "1000"}),
        (DATA, {"size_gib": 1}, {"size_gib": 2}, {"size_gib": 2}),
        ("null.n", {"triggers": {"on": 1}}, {"triggers": {"on": True}}, {"triggers": {"on": True}}),
        ("null.n", {"triggers": {"on": False}}, {"triggers": {"on": 0}}, {"triggers": {"on": 0}}),
        (LOGS, {"versioning": "enabled"}, {"versioning": "suspended"}, {"versioning": "suspended"}),
        (LOGS, {}, {"lifecycle": [{"id": "a"}]}, {"lifecycle": [{"id": "a"}]}),
        (LOGS, {"lifecycle": [{"id": "a"}]}, {"lifecycle": [{"id": "b"}]}, {"lifecycle": [{"id": "b"}]}),
    ],
)
def test_what_was_changed_outside_is_found(
    address: str, attributes: dict[str, Any], found: dict[str, Any], after: dict[str, Any]
) -> None:
    assert drifted(address, attributes, found) == {**attributes, **after}


def test_a_reference_is_the_id_that_it_stands_for() -> None:
    snapshot = Resource("null.source", {}, id="snap-1")
    made_of = Resource(DATA, {"snapshot_id": "${null.source.id}"}, id="vol-1")

    assert drift_of([snapshot, made_of], {DATA: {"snapshot_id": "snap-1"}}) == []
    [change] = drift_of([snapshot, made_of], {DATA: {"snapshot_id": "snap-2"}})

    assert change.after is not None
    assert change.after.attributes == {"snapshot_id": "snap-2"}


def test_what_is_gone_is_made_again_unless_it_is_not_wanted_any_more() -> None:
    kept, gone = Resource(WEB, {}, id="i-1"), Resource(DATA, {"size_gib": 1}, id="vol-1")
    drift = drift_of([kept, gone], {WEB: {"name": "web"}, DATA: None})

    assert [(change.action, change.address, change.after) for change in drift] == [(Action.DELETE, DATA, None)]
    present = after_drift([kept, gone], drift)
    assert present == [kept]
    wanted = [Resource(WEB, {}), Resource(DATA, {"size_gib": 1})]
    assert [(change.action, change.address) for change in make_plan(wanted, present)] == [(Action.CREATE, DATA)]
    assert make_plan(wanted[:1], present) == []


def test_what_was_not_asked_for_is_as_the_state_has_it() -> None:
    resource = Resource(DATA, {"size_gib": 1}, id="")
    assert drift_of([resource], {}) == []
    assert after_drift([resource], []) == [resource]

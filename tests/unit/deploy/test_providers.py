"""What the owners of resources are asked for, and what becomes of an attribute that is taken out of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from services.deploy.domain.plans import Action, Change, Resource
from services.deploy.operations.steps import _carry_out
from services.deploy.ports.providers import BucketProvider, InstanceProvider, Provider, VolumeProvider
from shared.clients.compute import ComputeClient
from shared.clients.storage import StorageClient
from shared.errors import ValidationFailed

Asked = list[dict[str, Any]]


class Owner:
    """Of one bucket, volume or instance: what it is asked to change, it notes and does."""

    def __init__(self, **resource: Any) -> None:
        self.resource = resource
        self.asked: Asked = []

    def bucket(self, _name: str) -> dict[str, Any]:
        return self.resource

    instance = bucket

    def change_bucket(self, _id: str, attributes: Mapping[str, Any], *, idempotency_key: str) -> None:
        self.asked.append(dict(attributes))
        self.resource |= attributes

    change_volume = change_instance = change_bucket


def updated(provider: Provider, address: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Carry out a step that makes one configuration of the other."""
    change = Change(Action.UPDATE, address, Resource(address, before, id="id-1"), Resource(address, after))
    _carry_out(provider, Action.UPDATE, change, {}, "step-1")


def buckets(owner: Owner) -> BucketProvider:
    return BucketProvider(cast(StorageClient, owner))


def volumes(owner: Owner) -> VolumeProvider:
    return VolumeProvider(cast(StorageClient, owner))


def instances(owner: Owner) -> InstanceProvider:
    return InstanceProvider(cast(ComputeClient, owner))


LOGS, DATA, WEB = "storage.bucket.logs", "storage.volume.data", "compute.instance.web"


@pytest.mark.parametrize("after", [{}, {"versioning": None}])
def test_versioning_that_is_taken_out_is_suspended_however_often_it_is_asked(after: dict[str, Any]) -> None:
    owner = Owner(versioning="enabled")
    for _ in range(2):
        updated(buckets(owner), LOGS, {"versioning": "enabled"}, after)
    assert owner.asked == [{"lifecycle": [], "versioning": "suspended"}] * 2


def test_a_bucket_that_was_never_versioned_stays_so() -> None:
    owner = Owner(versioning="disabled")
    updated(buckets(owner), LOGS, {"versioning": "disabled"}, {})
    assert owner.asked == [{"lifecycle": []}]


def test_versioning_that_nobody_configured_is_left_to_whoever_has_enabled_it() -> None:
    owner = Owner(versioning="enabled")
    updated(buckets(owner), LOGS, {}, {"lifecycle": [{"id": "old"}]})
    assert owner.asked == [{"lifecycle": [{"id": "old"}]}]


@pytest.mark.parametrize("after", [{}, {"lifecycle": None}])
def test_rules_that_are_taken_out_of_a_bucket_go(after: dict[str, Any]) -> None:
    owner = Owner(versioning="disabled")
    updated(buckets(owner), LOGS, {"lifecycle": [{"id": "old"}]}, after)
    assert owner.asked == [{"lifecycle": []}]


@pytest.mark.parametrize("taken_out", [{}, {"name": None, "labels": None}])
def test_a_name_and_labels_that_are_taken_out_are_the_ones_of_an_instance_without(taken_out: dict[str, Any]) -> None:
    owner = Owner(flavor="nano")
    updated(
        instances(owner),
        WEB,
        {"flavor": "nano", "name": "front", "labels": {"tier": "front"}},
        {"flavor": "nano", **taken_out},
    )
    assert owner.asked == [{"name": "web", "labels": {}}]


@pytest.mark.parametrize("taken_out", [{}, {"name": None}])
def test_a_name_that_is_taken_out_of_a_volume_is_its_addresss(taken_out: dict[str, Any]) -> None:
    owner = Owner()
    updated(volumes(owner), DATA, {"name": "mine", "size_gib": 2}, {"size_gib": 2, **taken_out})
    assert owner.asked == [{"name": "data", "size_gib": 2}]


@pytest.mark.parametrize("taken_out", [{}, {"size_gib": None}])
def test_a_volume_without_a_size_is_refused_as_a_new_one_is(taken_out: dict[str, Any]) -> None:
    owner = Owner()
    with pytest.raises(ValidationFailed, match="name a size_gib"):
        updated(volumes(owner), DATA, {"zone": "z", "size_gib": 2}, {"zone": "z", **taken_out})
    assert owner.asked == []


def test_a_volume_of_a_snapshot_keeps_its_size_where_the_configuration_names_none() -> None:
    owner = Owner()
    updated(volumes(owner), DATA, {"snapshot_id": "s", "size_gib": 2}, {"snapshot_id": "s"})
    assert owner.asked == [{"name": "data"}]

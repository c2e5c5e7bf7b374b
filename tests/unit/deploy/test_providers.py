"""What the owners of resources are asked for: None is what was taken out of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from services.deploy.ports.providers import (
    BucketProvider,
    InstanceProvider,
    Provider,
    ResourceBroken,
    StillUnderway,
    VolumeProvider,
)
from shared.clients.compute import ComputeClient
from shared.clients.storage import StorageClient
from shared.errors import Conflict, OmniCloudError, ServiceUnavailable, ValidationFailed

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


def updated(provider: Provider, address: str, **attributes: Any) -> None:
    """Have a resource changed into this."""
    provider.update("id-1", address, attributes, "step-1")


def fail(error: OmniCloudError) -> NoReturn:
    raise error


def buckets(owner: Owner) -> BucketProvider:
    return BucketProvider(cast(StorageClient, owner))


def volumes(owner: Owner) -> VolumeProvider:
    return VolumeProvider(cast(StorageClient, owner))


def instances(owner: Owner) -> InstanceProvider:
    return InstanceProvider(cast(ComputeClient, owner))


LOGS, DATA, WEB = "storage.bucket.logs", "storage.volume.data", "compute.instance.web"


def test_versioning_that_is_taken_out_is_suspended_however_often_it_is_asked() -> None:
    owner = Owner(versioning="enabled")
    for _ in range(2):
        updated(buckets(owner), LOGS, versioning=None)
    assert owner.asked == [{"lifecycle": [], "versioning": "suspended"}] * 2


def test_a_bucket_that_was_never_versioned_stays_so() -> None:
    owner = Owner(versioning="disabled")
    updated(buckets(owner), LOGS, versioning=None)
    assert owner.asked == [{"lifecycle": []}]


def test_versioning_that_nobody_configured_is_left_to_whoever_has_enabled_it() -> None:
    owner = Owner(versioning="enabled")
    updated(buckets(owner), LOGS, lifecycle=[{"id": "old"}])
    assert owner.asked == [{"lifecycle": [{"id": "old"}]}]


def test_rules_that_are_taken_out_of_a_bucket_go() -> None:
    owner = Owner(versioning="disabled")
    updated(buckets(owner), LOGS, lifecycle=None)
    assert owner.asked == [{"lifecycle": []}]


def test_a_name_and_labels_that_are_taken_out_are_the_ones_of_an_instance_without() -> None:
    owner = Owner(flavor="nano")
    updated(instances(owner), WEB, flavor="nano", size=None, name=None, labels=None)
    assert owner.asked == [{"name": "web", "labels": {}}]


def test_a_name_that_is_taken_out_of_a_volume_is_its_addresss() -> None:
    owner = Owner()
    updated(volumes(owner), DATA, size_gib=2, name=None)
    assert owner.asked == [{"name": "data", "size_gib": 2}]


@pytest.mark.parametrize("taken_out", [{}, {"size_gib": None}])
def test_a_volume_without_a_size_is_refused_as_a_new_one_is(taken_out: dict[str, Any]) -> None:
    owner = Owner()
    with pytest.raises(ValidationFailed, match="name a size_gib"):
        updated(volumes(owner), DATA, zone="z", **taken_out)
    assert owner.asked == []


def test_a_volume_of_a_snapshot_keeps_its_size_where_the_configuration_names_none() -> None:
    owner = Owner()
    updated(volumes(owner), DATA, snapshot_id="s", size_gib=None)
    assert owner.asked == [{"name": "data"}]


@pytest.mark.parametrize(
    ("error", "told"), [(ServiceUnavailable("away"), StillUnderway), (Conflict("suspended"), ResourceBroken)]
)
def test_an_owner_that_fails_after_it_has_made_something_tells_its_id(
    error: OmniCloudError, told: type[Exception]
) -> None:
    # Given owners that make what is asked for, and then answer nothing else
    compute = SimpleNamespace(create_instance=lambda *_, **__: "i-7", instance=lambda _id: fail(error))
    storage = SimpleNamespace(create_bucket=lambda *_, **__: "logs", change_bucket=lambda *_, **__: fail(error))
    with pytest.raises(told) as of_instance:
        InstanceProvider(cast(ComputeClient, compute)).create(WEB, {"flavor": "nano"}, "step-1")
    with pytest.raises(told) as of_bucket:
        BucketProvider(cast(StorageClient, storage)).create(LOGS, {"lifecycle": []}, "step-1")
    assert [vars(each.value)["resource_id"] for each in (of_instance, of_bucket)] == ["i-7", "logs"]

"""What instances count as, and what the sweep makes of reservations that no event settled."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest

from services.compute.domain.quotas import (
    RESOURCES,
    instance_claim,
    reservations,
    size_claims,
    size_reservations,
)
from services.compute.domain.resources import Resources
from shared.clients.tenants import TenantsClient
from shared.errors import QuotaExceeded
from shared.kernel.context import current_tenant
from shared.quotas import Claim, Quotas, QuotaSweep
from tests.unit.clocks import standing_clock

MEDIUM = Resources(Decimal(2), 4_096, 40)


class FakeTenants:
    """Reservations as the tenants service keeps them, and what was asked of it, in order."""

    def __init__(self, pages: dict[str, list[list[dict[str, Any]]]] | None = None, full: str = "") -> None:
        self.pages = pages or {}
        self.full = full
        self.asked: list[tuple[str, ...]] = []

    def reserve(self, resource: str, amount: int, reservation_id: str) -> None:
        if resource == self.full:
            raise QuotaExceeded(f"no {resource} left")
        self.asked.append(("reserve", reservation_id))

    def commit(self, reservation_id: str) -> None:
        self.asked.append(("commit", current_tenant(), reservation_id))

    def release(self, reservation_id: str) -> None:
        self.asked.append(("release", reservation_id))

    def reservation_pages(self, resource: str, *, unchanged_for_seconds: int) -> Iterator[list[dict[str, Any]]]:
        yield from self.pages.get(resource, [])


def item(reservation_id: str, state: str) -> dict[str, Any]:
    return {"tenant_id": "t-1", "reservation_id": reservation_id, "amount": 1, "state": state}


def test_an_instance_counts_under_its_id_and_its_size_under_a_key() -> None:
    assert instance_claim("i-1") == Claim("instances", 1, "i-1.instances")
    assert size_claims("i-1.size-2", MEDIUM) == (
        Claim("vcpus", 2, "i-1.size-2.vcpus"),
        Claim("memory_mib", 4_096, "i-1.size-2.memory_mib"),
    )


@pytest.mark.parametrize(("vcpus", "counted"), [("0.001", 1), ("0.25", 1), ("1", 1), ("1.001", 2), ("8", 8)])
def test_a_fraction_of_a_cpu_counts_as_a_whole_one(vcpus: str, counted: int) -> None:
    assert size_claims("i-1", Resources(Decimal(vcpus), 128, 0))[0].amount == counted


def test_the_names_of_reservations_are_those_of_the_claims() -> None:
    claims = [instance_claim("i-1"), *size_claims("i-1", MEDIUM)]

    assert reservations("i-1", "i-1") == [claim.reservation_id for claim in claims]
    assert {claim.resource for claim in claims} == set(RESOURCES)


def test_during_a_resize_an_instance_holds_both_sizes() -> None:
    assert reservations("i-1", "i-1", "i-1.size-2") == [
        "i-1.instances",
        *size_reservations("i-1"),
        *size_reservations("i-1.size-2"),
    ]


def test_a_create_that_fails_gives_everything_back() -> None:
    tenants = FakeTenants()

    with (
        pytest.raises(RuntimeError, match="no host"),
        Quotas(cast(TenantsClient, tenants)).reserved(instance_claim("i-1"), *size_claims("i-1", MEDIUM)),
    ):
        raise RuntimeError("no host")

    names = reservations("i-1", "i-1")
    assert tenants.asked == [*(("reserve", name) for name in names), *(("release", name) for name in names)]


def test_a_create_that_exceeds_one_quota_gives_back_what_it_had_of_the_others() -> None:
    tenants = FakeTenants(full="memory_mib")

    with (
        pytest.raises(QuotaExceeded),
        Quotas(cast(TenantsClient, tenants)).reserved(instance_claim("i-1"), *size_claims("i-1", MEDIUM)),
    ):
        pytest.fail("the block must not begin")

    assert [asked for asked in tenants.asked if asked[0] == "reserve"] == [
        ("reserve", "i-1.instances"),
        ("reserve", "i-1.vcpus"),
    ]
    assert {("release", "i-1.instances"), ("release", "i-1.vcpus")} <= set(tenants.asked)


def test_the_sweep_commits_what_exists_and_releases_what_does_not() -> None:
    # Given an instance in a resize, and reservations of one that is gone
    there = reservations("i-1", "i-1", "i-1.size-2")
    tenants = FakeTenants(
        {
            "instances": [[item("i-1.instances", "committed"), item("i-9.instances", "committed")]],
            "vcpus": [
                [item("i-1.vcpus", "committed"), item("i-1.size-2.vcpus", "reserved")],
                [item("i-1.size-1.vcpus", "reserved"), item("i-9.vcpus", "expired")],
            ],
        }
    )
    sweep = QuotaSweep(
        "compute",
        cast(TenantsClient, tenants),
        standing_clock(),
        RESOURCES,
        lambda names: [name for name in names if name in there],
    )

    swept = sweep.run()

    assert tenants.asked == [
        ("release", "i-9.instances"),
        ("commit", "t-1", "i-1.size-2.vcpus"),
        ("release", "i-1.size-1.vcpus"),
        ("release", "i-9.vcpus"),
    ]
    assert (swept.committed, swept.released) == (1, 3)

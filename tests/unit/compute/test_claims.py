"""What instances hold of hosts, and what that adds up to."""

from __future__ import annotations

from decimal import Decimal

from services.compute.domain.claims import Claim, claims_for, usage_by_host
from services.compute.domain.resources import ResourceClass, Resources, used_units

VCPU, MEMORY, DISK = ResourceClass.VCPU, ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB


def test_claims_of_an_instance_are_one_a_resource_in_the_customers_units() -> None:
    claims = claims_for("i-1", "host-1", Resources(Decimal("0.25"), 512, 4))

    assert claims == [
        Claim("i-1", "host-1", VCPU, Decimal("0.25")),
        Claim("i-1", "host-1", MEMORY, Decimal(512)),
        Claim("i-1", "host-1", DISK, Decimal(4)),
    ]


def test_a_diskless_instance_claims_no_disk() -> None:
    kinds = [claim.resource_class for claim in claims_for("i-1", "host-1", Resources(Decimal(1), 512, 0))]

    assert kinds == [VCPU, MEMORY]


def test_usage_is_kept_apart_by_host_and_resource() -> None:
    claims = [
        *claims_for("i-1", "host-1", Resources(Decimal("0.3"), 256, 1)),
        *claims_for("i-2", "host-1", Resources(Decimal("0.6"), 256, 0)),
        *claims_for("i-3", "host-2", Resources(Decimal("1.5"), 1_024, 10)),
    ]

    assert usage_by_host(claims) == {
        "host-1": {VCPU: 900, MEMORY: 512, DISK: 1},
        "host-2": {VCPU: 1_500, MEMORY: 1_024, DISK: 10},
    }


def test_no_claims_mean_no_usage() -> None:
    assert usage_by_host([]) == {}
    assert used_units(VCPU, []) == 0

"""Plans: what a tenant may hold by default, and by how much an operator may differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.tenants.domain.quotas import check_limit
from shared.errors import ValidationFailed

RESOURCES = (
    "instances", "vcpus", "memory_mib", "volumes", "storage_gib", "snapshots", "buckets", "vpcs", "subnets",
    "addresses", "load_balancers", "dns_zones", "secrets", "deployments", "projects",
)  # fmt: skip
"""Everything that is counted. Memory is in MiB, storage in GiB, the rest in pieces."""


class UnknownPlan(ValidationFailed):
    """No plan of that name."""

    code = "unknown_plan"


class UnknownResource(ValidationFailed):
    """Nothing of that name is counted."""

    code = "unknown_resource"


@dataclass(frozen=True)
class Plan:
    """A named set of default limits, one for each counted resource."""

    name: str
    limits: Mapping[str, int]


def _plan(name: str, *limits: int) -> Plan:
    return Plan(name, dict(zip(RESOURCES, limits, strict=True)))


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        # In the order of RESOURCES.
        _plan("free", 2, 4, 8_192, 4, 50, 4, 2, 1, 4, 2, 1, 2, 20, 10, 3),
        _plan("team", 20, 80, 163_840, 40, 2_000, 100, 20, 5, 40, 20, 5, 20, 200, 200, 20),
        _plan("business", 200, 800, 1_638_400, 400, 20_000, 1_000, 200, 20, 400, 200, 50, 200, 2_000, 2_000, 100),
    )
}


def plan_named(name: str) -> Plan:
    """The plan of that name. Raises UnknownPlan, naming those there are."""
    try:
        return PLANS[name]
    except KeyError as error:
        raise UnknownPlan(f"{name!r} is not a plan: use one of {', '.join(PLANS)}") from error


def check_resource(resource: str) -> str:
    """The resource as it is. Raises UnknownResource."""
    if resource not in RESOURCES:
        raise UnknownResource(f"{resource!r} is not counted: use one of {', '.join(RESOURCES)}")
    return resource


def limits_for(plan: Plan, overrides: Mapping[str, int]) -> dict[str, int]:
    """The plan's limits with those given in their place; a limit of zero is a limit.

    Raises UnknownResource or InvalidAmount.
    """
    for resource, limit in overrides.items():
        check_resource(resource)
        check_limit(limit)
    return {**plan.limits, **overrides}

"""Plans and the limits they give."""

import pytest

from services.tenants.domain.plans import PLANS, RESOURCES, UnknownPlan, UnknownResource, limits_for, plan_named
from services.tenants.domain.quotas import InvalidAmount


def test_every_plan_limits_every_counted_resource() -> None:
    assert list(PLANS) == ["free", "team", "business"]
    for plan in PLANS.values():
        assert tuple(plan.limits) == RESOURCES
        assert min(plan.limits.values()) > 0


def test_a_bigger_plan_gives_more_of_everything() -> None:
    free, team, business = PLANS.values()
    for resource in RESOURCES:
        assert free.limits[resource] < team.limits[resource] < business.limits[resource]


def test_the_free_plan_allows_two_instances_of_two_processors() -> None:
    assert {name: plan_named("free").limits[name] for name in ("instances", "vcpus", "memory_mib")} == {
        "instances": 2,
        "vcpus": 4,
        "memory_mib": 8192,
    }


def test_a_given_limit_replaces_the_plans_even_when_it_is_zero() -> None:
    limits = limits_for(plan_named("free"), {"buckets": 0, "vcpus": 99})
    assert (limits["buckets"], limits["vcpus"], limits["instances"]) == (0, 99, 2)
    assert plan_named("free").limits["buckets"] == 2


def test_unknown_plans_resources_and_negative_limits_are_refused() -> None:
    with pytest.raises(UnknownPlan, match="free, team, business"):
        plan_named("gold")
    with pytest.raises(UnknownResource):
        limits_for(plan_named("free"), {"unicorns": 1})
    with pytest.raises(InvalidAmount):
        limits_for(plan_named("free"), {"vcpus": -1})

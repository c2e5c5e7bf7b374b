"""Plans: what they find, and those that are refused."""

from tests.support.deploying import apply_resources, make_environment, make_plan, null
from tests.support.identities import Tenant


def test_a_plan_with_a_cycle_names_it_and_leaves_the_environment_unlocked(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    body = {"resources": [null("a", "b"), null("b", "c"), null("c", "a")]}
    problem = tenant.api.refused("POST", f"{environment}/plans", 422, "dependency_cycle", json=body)
    assert problem["cycle"] == ["null.a", "null.b", "null.c", "null.a"]
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


def test_only_an_id_can_be_referred_to_and_a_literal_opening_is_kept_as_it_is(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    wrong = null("b", triggers={"of": "${null.a.name}"})
    body = {"resources": [null("a"), wrong]}
    tenant.api.refused("POST", f"{environment}/plans", 422, "unsupported_reference", json=body)
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False
    literal = null("b", triggers={"of": "echo $${null.a.id}"})
    plan = tenant.api.ok("POST", f"{environment}/plans", json={"resources": [literal]})
    assert plan["summary"]["create"] == 1, "what is escaped refers to nothing, so nothing is missing"


def test_plans_that_are_refused_one_after_the_other_never_stand_in_each_others_way(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    for _ in range(6):
        body = {"resources": [null("a", "a")]}
        tenant.api.refused("POST", f"{environment}/plans", 422, "dependency_cycle", json=body)
    assert make_plan(tenant.api, environment, null("a"))["summary"] == {"create": 1, "update": 0, "delete": 0}


def test_a_cycle_behind_a_resource_that_stands_outside_of_it_is_refused_and_named(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    body = {"resources": [null("base"), null("x", "base", "z"), null("y", "x"), null("z", "y")]}
    problem = tenant.api.refused("POST", f"{environment}/plans", 422, "dependency_cycle", json=body)
    assert problem["cycle"] == ["null.x", "null.z", "null.y", "null.x"]
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


def test_a_resource_is_planned_after_all_that_it_needs_however_far_away_they_are(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    resources = [null("base"), null("above", "base", "middle"), null("middle", "base")]
    plan = make_plan(tenant.api, environment, *resources)
    assert [change["address"] for change in plan["changes"]] == ["null.base", "null.middle", "null.above"]


def test_a_key_that_is_taken_out_of_a_map_is_a_change(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("a", triggers={"build": "1", "region": "eu"}))
    for triggers in ({"build": "1"}, {"build": "1", "region": "eu", "zone": "a"}):
        [change] = make_plan(tenant.api, environment, null("a", triggers=triggers))["changes"]
        assert (change["action"], change["address"]) == ("replace", "null.a")
    assert make_plan(tenant.api, environment, null("a", triggers={"region": "eu", "build": "1"}))["changes"] == []

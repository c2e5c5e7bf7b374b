"""Plans that are refused."""

from tests.support.deploying import make_environment, null
from tests.support.identities import Tenant


def test_a_plan_with_a_cycle_names_it_and_leaves_the_environment_unlocked(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    body = {"resources": [null("a", "b"), null("b", "c"), null("c", "a")]}
    problem = tenant.api.refused("POST", f"{environment}/plans", 422, "dependency_cycle", json=body)
    assert problem["cycle"] == ["null.a", "null.b", "null.c", "null.a"]
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False

"""What takes how many statements, and that it doesn't grow with what there is."""

from tests.support.api import queries_of
from tests.support.deploying import deployment_in, make_environment, null, start_deployment
from tests.support.identities import Tenant


def test_a_plan_takes_as_many_statements_for_fifty_resources_as_for_one(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    many = [null("base"), *(null(f"r{number}", "base") for number in range(49))]
    small = tenant.api.post(f"{environment}/plans", json={"resources": many[:1]})
    large = tenant.api.post(f"{environment}/plans", json={"resources": many})
    assert large.json()["summary"]["create"] == 50
    assert queries_of(large) == queries_of(small)


def test_accepting_an_apply_takes_as_many_statements_for_fifty_steps_as_for_two(tenant: Tenant) -> None:
    counts = []
    for name, number in (("small", 2), ("large", 50)):
        environment = make_environment(tenant.api, name)
        resources = [null(f"r{each}") for each in range(number)]
        plan = tenant.api.ok("POST", f"{environment}/plans", json={"resources": resources})
        accepted = tenant.api.post(f"{environment}/applies", json={"plan_id": plan["id"]})
        assert accepted.status_code == 202
        counts.append(queries_of(accepted))
    assert counts[0] == counts[1]


def test_the_revision_history_takes_two_statements_whatever_its_length(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    counts = []
    for _ in range(2):
        deployment_in(tenant.api, start_deployment(tenant.api, environment)["id"])
        counts.append(queries_of(tenant.api.get(f"{environment}/deployments")))
    assert counts == [2, 2]

"""Every mutating operation on something that has a version × what `If-Match` may say (RFC 9110 §13.1.1).

No header: no condition, everywhere. The present tag, a list that holds it, and `*`: the operation is carried out. A
stale tag, a weak one – of the present version too – and a list without the present tag: 412, and nothing changed.
"""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.calls import CALLS
from tests.support.calls.preconditions import conditional
from tests.support.calls.sending import Sending, rightful, send
from tests.support.calls.world import Call, World
from tests.support.identities import Tenant

pytestmark = pytest.mark.services(*CALLS)

CHANGES_NO_VERSION = {"POST /v1/keys/{name}/encrypt"}
"""What it is asked of has a version, and keeps it."""
REFUSALS = ("version_conflict", "precondition_failed", "secret_version_conflict")


def stale(tag: str) -> list[str]:
    """A later version and an earlier one; another digest for content."""
    return ["999999", str(int(tag) - 1)] if tag.isdecimal() else ["0" * 32]


def refusals(tag: str) -> list[str]:
    """Conditions that fail for what has the tag."""
    old = [f'"{each}"' for each in stale(tag)]
    return [*old, f'W/"{tag}"', f'{old[0]}, "of-another-kind"', f'W/"{tag}", {old[0]}']


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", [service for service in CALLS if conditional(service)])
def test_every_operation_on_a_version_honours_if_match(operator: Api, service: str) -> None:
    world, wrong, cells = World(operator), [], 0
    for operation, row in conditional(service).items():
        api = rightful(world, row)

        def check(call: Call, condition: str | None, good: bool, api: Api = api, operation: str = operation) -> None:
            nonlocal cells
            cells += 1
            answer = send(api, service, operation, call, Sending(if_match=condition))
            right = answer.is_success if good else answer.status_code == 412 and answer.json()["code"] in REFUSALS
            if not right:
                wrong.append(f"{operation} with {condition}: {answer.status_code} {answer.text[:200]}")

        refused = row.make(world)
        assert refused.tag is not None, f"{operation}: tests/support/calls gives no tag for it"
        for condition in refusals(refused.tag):
            check(refused, condition, good=False)
        # It is as it was: a list that holds its tag, over two lines or one, still names it.
        check(refused, f'"999999", "{refused.tag}"', good=True)
        right = row.make(world)
        check(right, f'"{right.tag}"', good=True)
        check(row.make(world), "*", good=True)
        check(row.make(world), None, good=True)
    assert not wrong, f"{len(wrong)} of {cells} cells:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("secrets/v1/secrets/app/new", {"data": {"a": "b"}}),
        ("config/v1/flags/new", {"enabled": True}),
        ("config/v1/layers/new/override", {"values": {"a": 1}}),
        ("billing/v1/prices/new", {"currency": "USD", "unit_amount": "1"}),
    ],
    ids=["secret", "flag", "layer", "price"],
)
def test_what_is_not_there_yet_matches_nothing(tenant: Tenant, path: str, body: object) -> None:
    """`*` is any present representation: there is none (RFC 9110 §13.1.1)."""
    for condition in ("*", '"1"', '"0"', '"1", "2"'):
        tenant.operator.refused("PUT", f"/api/{path}", 412, json=body, headers={"If-Match": condition})
    assert tenant.operator.put(f"/api/{path}", json=body).is_success


def test_a_limit_or_an_object_that_is_not_there_yet_matches_nothing(tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})
    tenant.api.ok("POST", "/api/storage/v1/buckets", 201, json={"name": "photos"})
    state = {"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": []}
    for path, body in (
        (f"tenants/v1/projects/{project['id']}/quotas/volumes", {"limit": 1}),
        ("storage/v1/buckets/photos/objects/a", {}),
        ("deploy/v1/states/new", state),
    ):
        tenant.api.refused("PUT", f"/api/{path}", 412, json=body, headers={"If-Match": "*"})
        assert tenant.api.put(f"/api/{path}", json=body).is_success


@pytest.mark.parametrize("path", ["tenants/v1/projects/{}", "compute/v1/server-groups/{}", "storage/v1/volumes/{}"])
def test_what_does_not_exist_is_not_found_whatever_is_expected_of_it(tenant: Tenant, path: str) -> None:
    """A condition counts where the request would succeed without it (RFC 9110 §13.2.1)."""
    for condition in ("*", '"1"'):
        tenant.api.refused("DELETE", f"/api/{path.format('none')}", 404, headers={"If-Match": condition})


@pytest.mark.parametrize("condition", ["1", '"1', "*, *", '"1" "2"', ","])
def test_what_is_no_list_of_tags_is_refused_by_both_frameworks(tenant: Tenant, condition: str) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})
    group = {"name": "g", "policy": "affinity"}
    made = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json=group)
    for path in (f"tenants/v1/projects/{project['id']}", f"compute/v1/server-groups/{made['id']}"):
        tenant.api.refused("DELETE", f"/api/{path}", 400, "bad_request", headers={"If-Match": condition})


def test_a_list_over_two_lines_is_one_list_for_both_frameworks(tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})
    group = {"name": "g", "policy": "affinity"}
    made = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json=group)
    for path in (f"tenants/v1/projects/{project['id']}", f"compute/v1/server-groups/{made['id']}"):
        lines = [("If-Match", '"999"'), ("If-Match", f'"{made["version"]}"')]
        answer = tenant.api.client.build_request("DELETE", f"/api/{path}", headers=lines)
        answer.headers["Authorization"] = f"Bearer {tenant.api.token}"
        assert tenant.api.client.send(answer).status_code == 204

"""A night on which the rollout controllers lost each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import etcd3
import httpx

from environment.symptoms.scenarios.cast import Cast
from environment.symptoms.scenarios.stage import Stage
from environment.symptoms.scenarios.transcript import Transcript
from tests.support.deploying import (
    DEPLOY,
    believers,
    end_lease,
    last_heard,
    leader_of,
    make_environment,
    new_leader,
    start_deployment,
)
from tests.support.eventually import eventually

MEMBERS = f"{DEPLOY}/controller/members"
LOST = ("rack-b-1", "rack-b-2", "rack-b-3")
"""Members of the rack that was cut off: they are down, and still members."""
SECONDS = 30.0


def play(stage: Stage) -> Mapping[str, str]:
    """What the engineer on call is answered."""
    cast = Cast(stage)
    return {
        "vote": str(_vote(cast)),
        "leaders": str(_leaders(cast)),
        "health": str(_health(cast)),
    }


@contextmanager
def _cut_off(cast: Cast) -> Iterator[None]:
    host, port = cast.fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        for name in LOST:
            etcd.put(f"/members/rollout-controller/{name}", name)
        yield
        for name in LOST:
            etcd.delete(f"/members/rollout-controller/{name}")


def _vote(cast: Cast) -> Transcript:
    """Three of six members are left, and somebody deploys to a protected environment."""
    operator, said = cast.operator.api(), Transcript()
    eventually(lambda: len(operator.ok("GET", MEMBERS)["members"]) == 3, SECONDS)
    tenant = cast.tenant()
    environment = make_environment(tenant.api)
    tenant.api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})
    with _cut_off(cast):
        members = len(operator.ok("GET", MEMBERS)["members"])
        said.line(f"# members of the quorum: {members}, of whom {members - len(LOST)} can be reached")
        deployment = start_deployment(tenant.api, environment)
        path = f"{DEPLOY}/deployments/{deployment['id']}/admission"
        eventually(lambda: tenant.api.ok("GET", path)["approvals"] == 3, SECONDS)
        shown = f"{DEPLOY}/deployments/{{deployment}}/admission"
        fields = ("approvals", "refusals", "needed", "verdict")
        said.asked(tenant.api, "GET", path, shown_as=shown, fields=fields)
    return said


def _leaders(cast: Cast) -> Transcript:
    """The leader's lease ends while it runs."""
    operator, said = cast.operator.api(), Transcript()
    old = leader_of(operator)
    end_lease(cast.fleet)
    new = new_leader(operator, old)
    said.line(f"# terms: {new['term'] - old['term']} later than before the fail-over")
    heard = last_heard(operator)
    # Each of them speaks every two seconds.
    for _ in range(3):
        believers(operator, since=heard)
        heard = last_heard(operator)
    said.line(f"# candidates that say that they lead: {len(believers(operator))}")
    return said


def _health(cast: Cast) -> Transcript:
    """What the service says of itself, which is as it should be: it can do its work."""
    host, port = cast.fleet.address("deploy:8010")
    answer = httpx.get(f"http://{host}:{port}/readyz", timeout=10)
    said = Transcript()
    said.line("> GET /readyz")
    said.line(f"< {answer.status_code} {answer.json()['status']}")
    return said

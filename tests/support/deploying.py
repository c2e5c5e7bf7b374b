"""Environments, plans, applies and rollouts for tests, made through the public API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import etcd3

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl

DEPLOY = "/api/deploy/v1"
WORKER_SECONDS = 5.0
"""A task that the broker has is taken within milliseconds; one that isn't done by then never will be."""
APPLY_SECONDS = 15.0
"""An apply whose resources take a while to come up or to go."""
ROLLOUT_SECONDS = 8.0
ENDED = {"succeeded", "failed", "cancelled", "rolled_back"}
LEADER_KEY = "/elections/rollout-controller/leader"


def null(name: str, *depends_on: str, **attributes: Any) -> dict[str, Any]:
    """A resource without an effect elsewhere."""
    return {
        "address": f"null.{name}",
        "attributes": attributes,
        "depends_on": [f"null.{each}" for each in depends_on],
    }


def make_environment(api: Api, name: str = "prod") -> str:
    """A new environment; its path."""
    api.ok("POST", f"{DEPLOY}/environments", 201, json={"name": name})
    return f"{DEPLOY}/environments/{name}"


def make_plan(api: Api, environment: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """A saved plan."""
    plan: dict[str, Any] = api.ok("POST", f"{environment}/plans", 201, json={"resources": list(resources)})
    return plan


def ended_apply(api: Api, apply_id: str, timeout: float = WORKER_SECONDS) -> dict[str, Any]:
    """An apply once the worker is done with it."""

    def probe() -> dict[str, Any] | None:
        apply: dict[str, Any] = api.ok("GET", f"{DEPLOY}/applies/{apply_id}")
        return apply if apply["state"] in ("succeeded", "failed") else None

    found = eventually(probe, timeout)
    assert found is not None
    return found


def apply_plan(api: Api, environment: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """Plan and apply; the apply once it has ended, and its environment's lock is free again."""
    plan = make_plan(api, environment, *resources)
    accepted = api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    done = ended_apply(api, accepted["id"], APPLY_SECONDS)
    eventually(lambda: api.ok("GET", f"{environment}/lock")["locked"] is False)
    return done


def apply_resources(api: Api, environment: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """Plan and apply; the apply, which must succeed."""
    plan = make_plan(api, environment, *resources)
    accepted = api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    done = ended_apply(api, accepted["id"], APPLY_SECONDS)
    assert done["state"] == "succeeded", done
    return done


def start_deployment(api: Api, environment: str, replicas: int = 2, **fields: Any) -> dict[str, Any]:
    """A deployment that has just been accepted."""
    body = {"release": {"image": "web:1"}, "replicas": replicas, "progress_deadline_seconds": 60, **fields}
    deployment: dict[str, Any] = api.ok("POST", f"{environment}/deployments", 201, json=body)
    return deployment


def deployment_in(api: Api, deployment_id: str, *states: str, timeout: float = ROLLOUT_SECONDS) -> dict[str, Any]:
    """A deployment once it is in one of the states (any final one when none is named)."""

    def probe() -> dict[str, Any] | None:
        deployment: dict[str, Any] = api.ok("GET", f"{DEPLOY}/deployments/{deployment_id}")
        return deployment if deployment["state"] in (states or ENDED) else None

    found = eventually(probe, timeout)
    assert found is not None
    return found


def paused_deployment(api: Api, environment: str) -> dict[str, Any]:
    """A deployment that was paused on its way: its release takes ten minutes to come up."""
    started = start_deployment(api, environment, release={"image": "web:slow", "startup_seconds": 600})
    deployment_in(api, started["id"], "in_progress")
    paused: dict[str, Any] = api.ok("POST", f"{DEPLOY}/deployments/{started['id']}/pause")
    return paused


def controller(operator: Api) -> dict[str, Any]:
    """The rollout controller's leader and candidates."""
    view: dict[str, Any] = operator.ok("GET", f"{DEPLOY}/controller")
    return view


def leader_of(operator: Api) -> dict[str, Any]:
    """The elected leader, once there is one whose first write has shut its predecessors out."""

    def probe() -> dict[str, Any] | None:
        view = controller(operator)
        leader: dict[str, Any] | None = view["leader"]
        return leader if leader and view["newest_token"] == leader["fencing_token"] else None

    found = eventually(probe, 30.0)
    assert found is not None
    return found


def believers(operator: Api, since: datetime | None = None) -> list[str]:
    """The candidates that say of themselves that they lead. With `since`, once all have spoken after it."""

    def probe() -> list[dict[str, Any]] | None:
        candidates: list[dict[str, Any]] = controller(operator)["candidates"]
        spoken = all(since is None or datetime.fromisoformat(each["seen_at"]) > since for each in candidates)
        return candidates if spoken else None

    return [each["name"] for each in eventually(probe, 5.0) or [] if each["leading"]]


def last_heard(operator: Api) -> datetime:
    """When the last candidate spoke, by the service's own clock."""
    return max(datetime.fromisoformat(each["seen_at"]) for each in controller(operator)["candidates"])


def end_lease(fleet: FleetControl) -> None:
    """Take the leader's lease away in etcd, as an expiry does: it learns of it at its next renewal."""
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        _, metadata = etcd.get(LEADER_KEY)
        etcd.revoke_lease(metadata.lease_id)


def make_leader(fleet: FleetControl, operator: Api, name: str) -> dict[str, Any]:
    """Have this candidate lead, by taking the lease from the other one."""
    leader = leader_of(operator)
    while leader["candidate"] != name:
        end_lease(fleet)
        leader = new_leader(operator, leader)
    return leader


def new_leader(operator: Api, after: dict[str, Any]) -> dict[str, Any]:
    """The leader that follows another one."""

    def probe() -> dict[str, Any] | None:
        leader = leader_of(operator)
        return leader if leader["fencing_token"] > after["fencing_token"] else None

    found = eventually(probe, 30.0)
    assert found is not None
    return found

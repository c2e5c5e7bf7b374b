"""Calls of deploy."""

from __future__ import annotations

import json
from typing import Any

from tests.support.calls.world import ALONE, INTERNAL, Call, Row, Table, World
from tests.support.deploying import apply_plan, null
from tests.support.eventually import eventually

V1 = "deploy/v1"


def environment(w: World, what: str = "", body: Any = None) -> Call:
    made = w.make(f"{V1}/environments", {"name": w.name("env")})
    return Call(f"/v1/environments/{made['name']}{what}", body, tag=made["etag"])


def planned(w: World) -> tuple[str, str]:
    """An environment's path, and the id of a plan for it."""
    path = environment(w).target
    return path, w.make(f"deploy{path}/plans", {"resources": [null("a")]})["id"]


def applied(w: World) -> tuple[str, str]:
    """An environment's path, and the id of an apply that has ended."""

    def make() -> tuple[str, str]:
        path = environment(w).target
        return path, str(apply_plan(w.api, f"/api/deploy{path}", null("a"))["id"])

    return w.once("applied", make)


def apply(w: World) -> Call:
    path, plan_id = planned(w)
    return Call(f"{path}/applies", {"plan_id": plan_id})


def slow_deployment(w: World, **fields: Any) -> dict[str, Any]:
    """One that is on its way: its release takes an hour to come up."""
    body = {"release": {"image": "web:1", "startup_seconds": 3_600}, "replicas": 1, **fields}
    path = environment(w).target
    made = w.make(f"deploy{path}/deployments", {**body, "progress_deadline_seconds": 80_000})
    path = f"{V1}/deployments/{made['id']}"
    w.reach(path, "in_progress")

    def standing() -> dict[str, Any]:
        """Its first replica has been asked for; nothing more is done before that is ready."""
        found = w.read(path)
        assert found["new"] == found["target_new"] == 1, found
        return found

    return eventually(standing, 30.0)


def paused_deployment(w: World, **fields: Any) -> dict[str, Any]:
    return w.make(f"{V1}/deployments/{slow_deployment(w, **fields)['id']}/pause")


def deployment(w: World, what: str, made: dict[str, Any], body: Any = None) -> Call:
    return Call(f"/v1/deployments/{made['id']}{what}", body, tag=made["etag"])


def canary(w: World) -> dict[str, Any]:
    strategy = {"type": "canary", "steps": [50], "minimum_samples": 1_000, "bake_seconds": 3_600}
    return paused_deployment(w, strategy={**strategy, "max_error_percent": 1})


def second_revision(w: World) -> dict[str, Any]:
    path = environment(w).target
    for image in ("web:1", "web:2"):
        made = w.make(f"deploy{path}/deployments", {"release": {"image": image}, "replicas": 1})
        made = w.reach(f"{V1}/deployments/{made['id']}", "succeeded")
    return made


def progress(w: World) -> Call:
    made = paused_deployment(w)
    token = w.read(f"{V1}/controller", by=w.operator)["newest_token"]
    body = {"fencing_token": token, "old": 0, "new": 1, "traffic": 0}
    return Call(f"/v1/deployments/{made['id']}/progress", body)


def ballot(w: World, what: str, **body: Any) -> Call:
    path = f"/v1/deployments/{paused_deployment(w)['id']}"
    if what == "votes":
        w.make(f"deploy{path}/ballots", {"term": 1}, by=w.operator)
    return Call(f"{path}/{what}", {"term": 1, **body})


def document(serial: int) -> bytes:
    return json.dumps({"version": 4, "serial": serial, "lineage": "l", "outputs": {}, "resources": []}).encode()


def state(w: World, **options: Any) -> Call:
    path = f"/v1/states/{w.name('workspace')}"
    w.api.client.post(f"/api/deploy{path}", content=document(1)).raise_for_status()
    tag = w.api.get(f"/api/deploy{path}").headers["etag"].strip('"')
    return Call(path, tag=tag, **options)


def lock(w: World) -> Call:
    return Call(f"/v1/states/{w.name('workspace')}/lock", {"ID": w.name("lock"), "Operation": "apply", "Who": "me"})


def held_lock(w: World) -> Call:
    call = lock(w)
    w.make(f"deploy{call.target}", call.json)
    return call


def after_an_apply(w: World, what: str) -> Call:
    return Call(f"{applied(w)[0]}{what}")


RELEASE = {"release": {"image": "web:1"}, "replicas": 1}

DEPLOY: Table = {
    "GET /v1/environments": Row(lambda w: Call("/v1/environments")),
    "GET /v1/environments/{name}": Row(lambda w: environment(w)),
    "GET /v1/environments/{name}/lock": Row(lambda w: environment(w, "/lock")),
    "GET /v1/environments/{name}/state": Row(lambda w: after_an_apply(w, "/state")),
    "GET /v1/environments/{name}/state/history": Row(lambda w: after_an_apply(w, "/state/history")),
    "GET /v1/plans/{id}": Row(lambda w: Call(f"/v1/plans/{planned(w)[1]}")),
    "GET /v1/environments/{name}/applies": Row(lambda w: environment(w, "/applies")),
    "GET /v1/applies/{id}": Row(lambda w: Call(f"/v1/applies/{applied(w)[1]}")),
    "GET /v1/environments/{name}/deployments": Row(lambda w: environment(w, "/deployments")),
    "GET /v1/deployments/{id}": Row(lambda w: deployment(w, "", paused_deployment(w))),
    "GET /v1/controller": Row(lambda w: Call("/v1/controller"), INTERNAL),
    "GET /v1/deployments/{id}/admission": Row(lambda w: deployment(w, "/admission", paused_deployment(w))),
    "GET /v1/controller/members": Row(lambda w: Call("/v1/controller/members"), INTERNAL),
    "GET /v1/states/{workspace}": Row(lambda w: state(w)),
    "POST /v1/environments": Row(lambda w: Call("/v1/environments", {"name": w.name("env")})),
    "DELETE /v1/environments/{name}": Row(lambda w: environment(w)),
    "POST /v1/environments/{name}/plans": Row(lambda w: environment(w, "/plans", {"resources": [null("a")]})),
    "POST /v1/environments/{name}/applies": Row(apply),
    "POST /v1/environments/{name}/deployments": Row(lambda w: environment(w, "/deployments", RELEASE)),
    "POST /v1/deployments/{id}/pause": Row(lambda w: deployment(w, "/pause", slow_deployment(w))),
    "POST /v1/deployments/{id}/resume": Row(lambda w: deployment(w, "/resume", paused_deployment(w))),
    "POST /v1/deployments/{id}/cancel": Row(lambda w: deployment(w, "/cancel", paused_deployment(w))),
    "POST /v1/deployments/{id}/rollback": Row(lambda w: deployment(w, "/rollback", second_revision(w))),
    "POST /v1/deployments/{id}/samples": Row(
        lambda w: deployment(w, "/samples", canary(w), {"requests": 1, "errors": 0})
    ),
    "POST /v1/deployments/{id}/progress": Row(progress, INTERNAL),
    "PUT /v1/environments/{name}/protection": Row(lambda w: environment(w, "/protection", {"protected": True})),
    # A term that was proposed is over, also when the answer could not be kept: the leader's next one follows.
    "POST /v1/deployments/{id}/ballots": Row(lambda w: ballot(w, "ballots"), INTERNAL, key=ALONE),
    "POST /v1/deployments/{id}/votes": Row(lambda w: ballot(w, "votes", member="m", approve=True), INTERNAL),
    # A member that is removed comes back an hour later.
    "DELETE /v1/controller/members/{name}": Row(lambda w: Call("/v1/controller/members/nobody"), INTERNAL, key=ALONE),
    "POST /v1/states/{workspace}": Row(lambda w: state(w, content=document(2)), noted=True, elsewhere=()),
    "PUT /v1/states/{workspace}": Row(lambda w: state(w, content=document(2)), noted=True, elsewhere=()),
    "DELETE /v1/states/{workspace}": Row(lambda w: state(w), noted=True, elsewhere=()),
    # A lock is known by its own id, by which a repetition is the same request.
    "POST /v1/states/{workspace}/lock": Row(lambda w: lock(w), key=ALONE, elsewhere=()),
    "PUT /v1/states/{workspace}/lock": Row(lambda w: lock(w), key=ALONE, elsewhere=()),
    "DELETE /v1/states/{workspace}/lock": Row(lambda w: held_lock(w), key=ALONE, elsewhere=()),
}

"""An afternoon of releases in one environment after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from environment.symptoms.scenarios.cast import Cast
from environment.symptoms.scenarios.stage import Stage
from environment.symptoms.scenarios.transcript import Transcript
from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.eventually import eventually
from tests.support.identities import Tenant

NEVER_STARTS = {"image": "web:43", "starts": False}
SECONDS = 30.0


def play(stage: Stage) -> Mapping[str, str]:
    """What the engineer on call is answered."""
    cast = Cast(stage)
    return {
        "canary": str(_canary(cast.tenant())),
        "rolling": str(_rolling(cast.tenant())),
        "lock": str(_lock(cast.tenant())),
        "rollback": str(_rollback(cast.tenant())),
        "errors": str(_errors(cast.tenant())),
    }


def _stable(tenant: Tenant, replicas: int) -> str:
    """An environment with one revision that works."""
    environment = make_environment(tenant.api)
    first = start_deployment(tenant.api, environment, replicas)
    deployment_in(tenant.api, first["id"], "succeeded", timeout=SECONDS)
    return environment


def _watch(said: Transcript, tenant: Tenant, deployment: dict[str, Any], done: Any, *fields: str) -> None:
    """Write down these fields of a deployment once it is as it will stay."""
    path = f"{DEPLOY}/deployments/{deployment['id']}"

    def probe() -> dict[str, Any] | None:
        found: dict[str, Any] = tenant.api.ok("GET", path)
        return found if done(found) else None

    eventually(probe, SECONDS)
    said.asked(tenant.api, "GET", path, shown_as=f"{DEPLOY}/deployments/{{deployment}}", fields=fields)


def _ended(found: dict[str, Any]) -> bool:
    return found["state"] in ("succeeded", "failed", "cancelled", "rolled_back")


def _canary(tenant: Tenant) -> Transcript:
    """A canary that asks for fifty samples and has had three."""
    environment, said = _stable(tenant, 10), Transcript()
    strategy = {"type": "canary", "steps": [10], "minimum_samples": 50, "bake_seconds": 0, "max_error_percent": 1}
    body = {"release": {"image": "web:42"}, "replicas": 10, "strategy": strategy}
    canary = said.asked(tenant.api, "POST", f"{environment}/deployments", body, fields=("revision", "state"))
    path = f"{DEPLOY}/deployments/{canary['id']}"
    eventually(lambda: tenant.api.ok("GET", path)["new_ready"] > 0, SECONDS)
    tenant.api.request("POST", f"{path}/samples", json={"requests": 3, "errors": 0})
    said.line("# three requests later")
    _watch(said, tenant, canary, _ended, "state", "new_ready", "traffic")
    return said


def _rolling(tenant: Tenant) -> Transcript:
    """Ten replicas, 25% above and 25% below, and a release that never starts."""
    environment, said = _stable(tenant, 10), Transcript()
    strategy = {"type": "rolling", "max_surge": "25%", "max_unavailable": "25%"}
    body = {"release": NEVER_STARTS, "replicas": 10, "strategy": strategy}
    broken = said.asked(tenant.api, "POST", f"{environment}/deployments", body, fields=("revision",))
    seen: list[tuple[int, int]] = []

    def still(found: dict[str, Any]) -> bool:
        """Whether nothing has changed for a while."""
        seen.append((found["new"], found["old_ready"]))
        return len(seen) > 40 and len(set(seen[-40:])) == 1

    _watch(said, tenant, broken, still, "new", "new_ready", "old_ready")
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{broken['id']}/cancel")
    return said


def _lock(tenant: Tenant) -> Transcript:
    """Two pipelines of one team deploy to one environment."""
    environment, said = _stable(tenant, 2), Transcript()
    for image in ("web:42", "web:43"):
        body = {"release": {"image": image, "startup_seconds": 600}, "replicas": 2}
        fields = ("revision", "state", "code")
        said.asked(tenant.api, "POST", f"{environment}/deployments", body, fields=fields)
    states = [each["state"] for each in tenant.api.items(f"{environment}/deployments")]
    running = sum(state not in ("succeeded", "failed", "cancelled", "rolled_back") for state in states)
    said.line(f"# rollouts under way in this environment: {running}")
    return said


def _rollback(tenant: Tenant) -> Transcript:
    """Two releases that never start, one after the other."""
    environment, said = _stable(tenant, 3), Transcript()
    for image in ("web:42", "web:43"):
        release = {"image": image, "starts": False}
        broken = start_deployment(tenant.api, environment, 3, release=release)
        path = f"{DEPLOY}/deployments/{broken['id']}"
        eventually(lambda path=path: tenant.api.ok("GET", path)["new"] > 0, SECONDS)  # type: ignore[misc]
        tenant.api.ok("POST", f"{path}/cancel")
        said.line(f"# {image} was given up; what the environment went back to")
        fields = ("revision", "state", "stable_revision", "old_ready")
        _watch(said, tenant, broken, lambda found: found["state"] in ("rolled_back", "failed"), *fields)
    return said


def _errors(tenant: Tenant) -> Transcript:
    """A canary with too many errors goes back at once: as it should be."""
    environment, said = _stable(tenant, 10), Transcript()
    strategy = {"type": "canary", "steps": [10], "minimum_samples": 50, "bake_seconds": 600, "max_error_percent": 1}
    canary = start_deployment(tenant.api, environment, 10, strategy=strategy)
    path = f"{DEPLOY}/deployments/{canary['id']}"
    deployment_in(tenant.api, canary["id"], "in_progress", timeout=SECONDS)
    samples = {"requests": 100, "errors": 4}
    shown = f"{DEPLOY}/deployments/{{deployment}}/samples"
    said.asked(tenant.api, "POST", f"{path}/samples", samples, shown_as=shown)
    _watch(said, tenant, canary, _ended, "state", "reason", "traffic")
    return said

"""What a schedule asks of deployment, secrets, configuration, billing, quotas and the rest of the control plane."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from tests.support.clock import clock
from tests.support.deploying import DEPLOY, null
from tests.support.soak.calls import Call, Caller
from tests.support.soak.infrastructure import Act, removal
from tests.support.soak.world import World

SECRETS = "/api/secrets/v1"
CONFIG = "/api/config/v1"
USAGE = "/api/billing/v1/usage"
TENANTS = "/api/tenants/v1"
ENVIRONMENTS = ("blue", "green")
STATES = ("network", "shop")
LAYERS = ("default", "environment", "tenant", "override")
LAYERED = ("dev", "prod")
METER = "soak.units"
SAMPLES = {"requests": 1, "errors": 0}
GATE = {"minimum_samples": 1, "bake_seconds": 1, "max_error_percent": 5}


# -- deployment --------------------------------------------------------------------------------------------------------


def make_plan(world: World, dice: Random, number: int) -> Call:
    environment = dice.choice(ENVIRONMENTS)
    names = [f"n{place}" for place in range(dice.randrange(1, 5))]
    resources = [null(name, *names[:place][-1:], size=dice.randrange(3)) for place, name in enumerate(names)]
    return Call(
        "POST",
        f"{DEPLOY}/environments/{environment}/plans",
        {"resources": resources},
        tells="deploy.plan.created",
        then=world.make("plan", environment=environment),
    )


def apply_plan(world: World, dice: Random, number: int) -> Call | None:
    plans = world.of("plan")
    if not plans:
        return None
    plan = plans[-1 - int(dice.random() * min(2, len(plans)))]
    return Call(
        "POST",
        f"{DEPLOY}/environments/{plan.facts['environment']}/applies",
        {"plan_id": plan.id},
        tells="deploy.apply.queued",
        then=world.make("apply"),
    )


def deploy(world: World, dice: Random, number: int) -> Call:
    strategy: dict[str, Any] = dice.choice(
        ({"type": "rolling"}, {"type": "blue_green"}, {"type": "canary", "steps": [50], **GATE})
    )
    body = {
        "release": {"image": f"web:{number}", "startup_seconds": dice.choice((0, 1, 3))},
        "replicas": dice.randrange(1, 5),
        "strategy": strategy,
        "progress_deadline_seconds": 60,
    }
    path = f"{DEPLOY}/environments/{dice.choice(ENVIRONMENTS)}/deployments"
    return Call("POST", path, body, tells="deploy.deployment.created", then=world.make("deployment"))


def steer_deployment(world: World, dice: Random, number: int) -> Call | None:
    deployment = world.one("deployment", dice)
    actions = ("pause", "resume", "resume", "cancel", "rollback", "samples")
    action = dice.choice(actions)
    body = SAMPLES if action == "samples" else None
    return None if deployment is None else Call("POST", f"{DEPLOY}/deployments/{deployment.id}/{action}", body)


def lock_state(world: World, dice: Random, number: int) -> Call:
    state, id = dice.choice(STATES), f"lock-{world.facts['tenant_id']}-{number}"
    info = {"ID": id, "Operation": "OperationTypeApply", "Who": "soak@laptop"}
    call = Call("LOCK", f"{DEPLOY}/states/{state}", info, keyed=False, tells="deploy.environment.locked")
    call.then = world.make("lock", id=id, state=state, info=info)
    return call


def write_state(world: World, dice: Random, number: int) -> Call:
    state = dice.choice(STATES)
    held = [thing for thing in world.of("lock") if thing.facts["state"] == state]
    document = {"version": 4, "serial": number, "lineage": state, "outputs": {}, "resources": [], "padding": "x" * 999}
    path = f"{DEPLOY}/states/{state}"
    params = {"ID": held[-1].id} if held else None
    call = Call("POST", path, document, params=params, keyed=False, tells="deploy.state.written")
    return world.write(path, call, document)


def unlock_state(world: World, dice: Random, number: int) -> Call | None:
    lock = world.one("lock", dice)
    if lock is None:
        return None
    call = Call("UNLOCK", f"{DEPLOY}/states/{lock.facts['state']}", lock.facts["info"], keyed=False)
    lock.removals.append(call)
    return call


# -- secrets and configuration -----------------------------------------------------------------------------------------


def write_secret(world: World, dice: Random, number: int) -> Call:
    path, value = f"{SECRETS}/secrets/app/s{dice.randrange(4)}", {"password": f"p-{number}"}
    return world.write(path, Call("PUT", path, {"data": value}, tells="secrets.secret.written"), value)


def delete_secret(world: World, dice: Random, number: int) -> Call:
    path = f"{SECRETS}/secrets/app/s{dice.randrange(4)}"
    return world.write(path, Call("DELETE", path, tells="secrets.secret.deleted"), None)


def make_key(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"key-{number}"}
    return Call("POST", f"{SECRETS}/keys", body, tells="secrets.key.created", then=world.make("key"))


def rotate_key(world: World, dice: Random, number: int) -> Call | None:
    key = world.one("key", dice)
    return (
        None
        if key is None
        else Call("POST", f"{SECRETS}/keys/{key.facts['name']}/rotate", {}, tells="secrets.key.rotated")
    )


def make_lease_token(world: World, dice: Random, number: int) -> Call:
    parent = world.one("lease_token", dice) if dice.random() < 0.4 else None
    body = {"name": f"token-{number}", "parent_id": parent.id if parent else None}
    made = world.make("lease_token")
    return Call("POST", f"{SECRETS}/lease-tokens", body, tells="secrets.lease_token.created", then=made)


def lease(world: World, dice: Random, number: int) -> Call | None:
    token = world.one("lease_token", dice)
    body = {"token_id": token.id if token else "", "ttl_seconds": dice.choice((5, 3_000)), "max_ttl_seconds": 3_600}
    return (
        None
        if token is None
        else Call("POST", f"{SECRETS}/leases", body, tells="secrets.lease.issued", then=world.make("lease"))
    )


def revoke_lease_token(world: World, dice: Random, number: int) -> Call | None:
    token = world.one("lease_token", dice)
    if token is None:
        return None
    call = Call("POST", f"{SECRETS}/lease-tokens/{token.id}/revoke")  # The tokens below it end, too, and are told of.
    token.removals.append(call)
    return call


def change_layer(world: World, dice: Random, number: int) -> Call:
    path = f"{CONFIG}/layers/{dice.choice(LAYERED)}/{dice.choice(LAYERS)}"
    values = {"number": number, f"k{dice.randrange(3)}": dice.choice((None, False, 0, "x", {"a": number}))}
    return Call("PUT", path, {"values": values}, tells="config.layer.changed")


def publish(world: World, dice: Random, number: int) -> Call:
    environment = dice.choice(LAYERED)
    made = world.make("revision", environment=environment)
    path = f"{CONFIG}/environments/{environment}/publish"
    return Call("POST", path, {}, tells="config.environment.published", then=made)


def roll_back(world: World, dice: Random, number: int) -> Call | None:
    revision = world.one("revision", dice)
    if revision is None:
        return None
    environment = revision.facts["environment"]
    return Call(
        "POST",
        f"{CONFIG}/environments/{environment}/rollback",
        {"revision": revision.facts["revision"]},
        tells="config.environment.published",
        then=world.make("revision", environment=environment),
    )


def set_flag(world: World, dice: Random, number: int) -> Call:
    path, body = f"{CONFIG}/flags/f{dice.randrange(3)}", {"enabled": True, "percentage": number % 101}
    return world.write(path, Call("PUT", path, body), body["percentage"])


# -- billing, quotas and the rest --------------------------------------------------------------------------------------


def use(world: World, dice: Random, number: int) -> Call:
    ended_at = (clock.now() - timedelta(minutes=30)).isoformat()
    body = {
        "source": "soak",
        "id": f"u-{number}",
        "meter": METER,
        "quantity": str(dice.randrange(1, 1_000) / 8),
        "resource_id": "r-1",
        "started_at": ended_at,
        "ended_at": ended_at,
    }
    return Call("POST", USAGE, body, caller=Caller.OPERATOR, then=world.make("usage"))


def set_quota(world: World, dice: Random, number: int) -> Call:
    path = f"{TENANTS}/quotas/{dice.choice(('deployments', 'buckets'))}"
    call = Call("PUT", path, {"limit": 100 + number}, caller=Caller.OPERATOR, tells="tenants.quota.changed")
    return world.write(path, call, 100 + number)


def make_project(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"Project {number}"}
    return Call("POST", f"{TENANTS}/projects", body, tells="tenants.project.created", then=world.make("project"))


def delete_project(world: World, dice: Random, number: int) -> Call | None:
    project = world.one("project", dice)
    return None if project is None else removal(project, f"{TENANTS}/projects/{project.id}", "tenants.project.deleted")


def make_account(world: World, dice: Random, number: int) -> Call:
    body, tells = {"name": f"account-{number}"}, "auth.service_account.created"
    return Call("POST", "/api/auth/v1/service-accounts", body, tells=tells, then=world.make("account"))


def make_rule(world: World, dice: Random, number: int) -> Call:
    body = {"name": f"rule-{number}", "metric": "errors", "operator": ">", "threshold": 5, "for_seconds": 60}
    made = world.make("rule")
    return Call("POST", "/api/monitor/v1/alert-rules", body, tells="monitor.rule.created", then=made)


def make_policy(world: World, dice: Random, number: int) -> Call:
    body = {
        "name": f"policy {number}",
        "effect": "deny",
        "enforcement": "dryrun",
        "actions": ["storage.buckets.create"],
        "resource_types": ["bucket"],
        "conditions": [{"field": "name", "operator": "equals", "value": f"forbidden-{number}"}],
    }
    made = world.make("policy")
    return Call("POST", "/api/compliance/v1/policies", body, tells="compliance.policy.created", then=made)


CONTROL: dict[Act, int] = {
    make_plan: 5, apply_plan: 6, deploy: 4, steer_deployment: 3, lock_state: 3, write_state: 6, unlock_state: 3,
    write_secret: 6, delete_secret: 1, make_key: 1, rotate_key: 1, make_lease_token: 2, lease: 3, revoke_lease_token: 1,
    change_layer: 4, publish: 5, roll_back: 2, set_flag: 2,
    use: 5, set_quota: 2, make_project: 2, delete_project: 1, make_account: 1, make_rule: 1, make_policy: 1,
}  # fmt: skip

"""One request's way through all fifteen services: the system test, and what `omnicloud tour` tells aloud.

Each step does something real through the gateway, asserts what came of it by value, and returns what to say about it.
At the moments at which the death of a process would do most harm the story says so: whoever tells it may kill the
process there and start it again, and everything that follows must come true just the same.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant, login_operator, random_address

PRICES = {
    "compute.vcpu_seconds": Decimal("0.335"),
    "compute.memory_mib_seconds": Decimal("0.00125"),
    "network.address_seconds": Decimal("0.0005"),
}
"""In dollars: large enough that a few seconds of a test cost cents, with halves of cents to round."""
TRAIL = {
    "auth.api_key.created": 1, "auth.grant.created": 3, "auth.service_account.created": 1, "auth.token.issued": 3,
    "auth.user.created": 2, "billing.invoice.finalised": 1, "billing.price.changed": 3, "compliance.policy.created": 1,
    "compliance.resource.evaluated": 2, "compute.instance.created": 2, "compute.instance.state_changed": 8,
    "compute.usage.recorded": 4, "config.environment.published": 1, "config.layer.changed": 2, "deploy.apply.queued": 2,
    "deploy.apply.started": 2, "deploy.apply.succeeded": 2, "deploy.deployment.created": 1,
    "deploy.deployment.progressed": 2, "deploy.deployment.state_changed": 2, "deploy.environment.created": 1,
    "deploy.environment.locked": 3, "deploy.plan.created": 3, "deploy.step.completed": 3, "dns.record_set.created": 1,
    "dns.zone.created": 1, "loadbalancer.backend.created": 2, "loadbalancer.load_balancer.created": 1,
    "loadbalancer.pool.created": 1, "monitor.alert.firing": 1, "monitor.alert.pending": 1, "monitor.alert.resolved": 1,
    "monitor.rule.created": 1, "network.address.allocated": 2, "network.address.released": 2,
    "network.security_group.created": 1, "network.security_group.updated": 1, "network.subnet.created": 2,
    "network.usage.recorded": 2, "network.vpc.created": 1, "secrets.secret.written": 1, "storage.bucket.created": 1,
    "storage.object.created": 2, "storage.volume.created": 1, "storage.volume.state_changed": 4,
    "tenants.reservation.committed": 18, "tenants.reservation.released": 3, "tenants.reservation.reserved": 18,
    "tenants.tenant.created": 1,
}  # fmt: skip
"""The tenant's whole trail: how often each kind of event happens in the story, whatever dies."""
DECISION = "compliance.resource.evaluated"
BOUND = frozenset({
    "compute.instance.created", "deploy.deployment.created", "deploy.environment.created", "dns.record_set.created",
    "dns.zone.created", "loadbalancer.backend.created", "loadbalancer.load_balancer.created",
    "loadbalancer.pool.created", "monitor.rule.created", "network.security_group.created", "network.subnet.created",
    "network.vpc.created", "secrets.secret.written", "storage.bucket.created", "storage.volume.created",
})  # fmt: skip
"""What is made in the story by somebody's request, and so only after policies have been asked."""
USED = {
    "instances": 2, "vcpus": 2, "memory_mib": 256, "volumes": 1, "storage_gib": 20, "buckets": 1, "vpcs": 1,
    "subnets": 2, "dns_zones": 1, "load_balancers": 1, "secrets": 1,
}  # fmt: skip
"""What the tenant's quotas count at the end."""
PROD = "/api/deploy/v1/environments/prod"
SLOW = 60.0
"""Seconds that provisioning, a task or an event may take on a busy machine."""


@dataclass(frozen=True)
class Step:
    """A step of the story and the service it is mainly about."""

    service: str
    title: str
    run: Callable[[], str]


@dataclass(frozen=True)
class Request:
    """A POST that may be repeated, and its answer."""

    api: Api
    path: str
    body: dict[str, Any]
    key: str
    status: int
    answer: dict[str, Any]


def undisturbed(process: str, moment: str) -> None:
    """Nobody dies."""


@dataclass
class Story:
    """Everything that happens in it; later steps use what earlier ones made."""

    url: str
    moment: Callable[[str, str], None] = undisturbed
    """Called with a process and, in words, why just now is a bad time for it to die."""
    requests: list[Request] = field(default_factory=list)
    """Those that `repeat` sends again."""
    run_id: str = field(default_factory=lambda: secrets.token_hex(3))
    made: dict[str, Any] = field(default_factory=dict)

    operator: Api = field(init=False)
    tenant: Tenant = field(init=False)
    api: Api = field(init=False)

    def steps(self) -> Iterator[Step]:
        """All steps in order."""
        yield Step("tenants", "a tenant with a plan and a quota", self.create_tenant)
        yield Step("auth", "a user, and a service account that logs in with an API key", self.create_identities)
        yield Step("secrets", "a secret, kept in Vault", self.keep_secret)
        yield Step("config", "layered configuration that refers to the secret", self.publish_configuration)
        yield Step("compliance", "a policy that denies one thing and allows another", self.set_policy)
        yield Step("network", "a VPC, two subnets, a firewall", self.build_network)
        yield Step("compute", "instances on hosts of two simulated clouds", self.start_instances)
        yield Step("storage", "a volume and a versioned bucket", self.create_storage)
        yield Step("loadbalancer", "a load balancer in front of them", self.balance_load)
        yield Step("dns", "a name for it", self.name_it)
        yield Step("deploy", "a plan, applied by the worker under the environment's lock", self.apply_plan)
        yield Step("deploy", "a rolling deployment, driven by the elected leader", self.roll_out)
        yield Step("monitor", "a metric that fires an alert and resolves it", self.alert)
        yield Step("billing", "metered usage that becomes an invoice with the exact cents", self.bill)
        yield Step("audit", "a trail of every step, verified", self.verify_trail)
        yield Step("gateway", "the same requests again have no second effect", self.repeat)

    def _post(self, api: Api, path: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
        """A POST with an idempotency key of its own, sent again while the platform says that it is to come later:
        whoever just died was asked in the background as well, and is left alone for two seconds after that."""
        key = f"{self.run_id}-{len(self.requests)}"

        def answered() -> httpx.Response:
            answer = api.post(path, json=body, headers={"Idempotency-Key": key})
            assert (answer.status_code, "retry-after" in answer.headers) != (503, True), answer.text
            return answer

        response = eventually(answered, SLOW)
        assert response.status_code == status, f"POST {path} answered {response.status_code}: {response.text}"
        answer: dict[str, Any] = response.json()
        self.requests.append(Request(api, path, body, key, status, answer))
        return dict(answer)

    # -- identity ----------------------------------------------------------------------------------------------------

    def create_tenant(self) -> str:
        self.operator = login_operator(self.url)
        self.tenant = create_tenant(self.operator, plan="team", quotas={"instances": 3})
        self.api = self.tenant.api
        quotas = {item["resource"]: item["limit"] for item in self.api.ok("GET", "/api/tenants/v1/quotas")["items"]}
        assert quotas["instances"] == 3
        for meter, amount in PRICES.items():
            body = {"currency": "USD", "unit_amount": str(amount)}
            self.tenant.operator.ok("PUT", f"/api/billing/v1/prices/{meter}", json=body)
        return f"tenant {self.tenant.id}, plan team, at most 3 instances"

    def create_identities(self) -> str:
        viewer = self.tenant.user("viewer")
        viewer.refused("POST", "/api/network/v1/vpcs", 403, "forbidden", json={"name": "x", "cidr": "10.0.0.0/16"})
        account = self.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "deployer"})
        grant = {"subject": account["id"], "role": "member", "scope": "tenant"}
        self._post(self.api, "/api/auth/v1/grants", 201, grant)
        self.moment("auth", "a role is granted, and nobody has heard of it yet")
        key = self.api.ok("POST", f"/api/auth/v1/service-accounts/{account['id']}/api-keys", 201, json={})
        anonymous = Api(self.url, headers={"X-Forwarded-For": random_address()})
        tokens = anonymous.ok("POST", "/api/auth/v1/tokens", json={"grant_type": "api_key", "api_key": key["key"]})
        self.made["deployer"] = Api(self.url, tokens["access_token"])
        who = self.made["deployer"].ok("GET", "/api/auth/v1/me")
        assert (who["kind"], who["tenant_id"]) == ("service_account", self.tenant.id)
        return f"service account {account['id']} acts from here on; a viewer was refused"

    # -- configuration -----------------------------------------------------------------------------------------------

    def keep_secret(self) -> str:
        body = {"data": {"password": "s3cret-" + self.run_id}}
        written = self.api.ok("PUT", "/api/secrets/v1/secrets/app/database", json=body)
        assert written["version"] == 1
        self.moment("secrets", "a secret is written, and nobody has heard of it yet")
        read = self.api.ok("GET", "/api/secrets/v1/secrets/app/database")
        assert read["data"] == body["data"]
        return "app/database, version 1"

    def publish_configuration(self) -> str:
        layers = {
            "default": {"replicas": 3, "debug": True, "database": {"host": "db", "pool": 5}},
            "override": {"debug": False, "database": {"password": {"$secret": "app/database#password"}}},
        }
        for layer, values in layers.items():
            self.api.ok("PUT", f"/api/config/v1/layers/prod/{layer}", json={"values": values})
        self.api.ok("POST", "/api/config/v1/environments/prod/publish", json={})
        self.moment("config", "an environment is published, and nobody has heard of it yet")
        plain = self.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod"})["values"]
        assert plain["debug"] is False
        assert plain["database"]["password"] == {"$secret": "app/database#password"}
        resolved = self.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod", "resolve": "true"})
        assert resolved["values"]["database"] == {"host": "db", "pool": 5, "password": "s3cret-" + self.run_id}
        return "debug overridden to false; the secret is resolved only when it is read"

    def set_policy(self) -> str:
        policy = {
            "name": "no dedicated hosts",
            "effect": "deny",
            "enforcement": "deny",
            "actions": ["compute.instances.create"],
            "resource_types": ["instance"],
            "conditions": [{"field": "tenancy", "operator": "equals", "value": "dedicated"}],
        }
        self._post(self.api, "/api/compliance/v1/policies", 201, policy)
        self.moment("compliance", "a policy is made that every instance is judged by")
        for tenancy, allowed in (("dedicated", False), ("shared", True)):
            question = {"action": "compute.instances.create", "resource_type": "instance"}
            answer = self.api.ok(
                "POST", "/api/compliance/v1/evaluations", json={**question, "resource": {"tenancy": tenancy}}
            )
            assert answer["allowed"] is allowed, answer
        return "dedicated tenancy is denied, shared is allowed"

    # -- resources ---------------------------------------------------------------------------------------------------

    def build_network(self) -> str:
        zones = self.api.ok("GET", "/api/compute/v1/zones")
        by_provider = {zone["provider"]: zone["name"] for zone in zones if zone["enabled"]}
        self.made["zones"] = sorted(by_provider.items())[:2]
        vpc = self.api.ok("POST", "/api/network/v1/vpcs", 201, json={"name": "shop", "cidr": "10.20.0.0/16"})
        subnets = []
        for place, (_, zone) in enumerate(self.made["zones"]):
            body = {"vpc_id": vpc["id"], "name": f"web-{place}", "cidr": f"10.20.{place}.0/24", "zone": zone}
            subnets.append(self.api.ok("POST", "/api/network/v1/subnets", 201, json=body))
        overlap = {"vpc_id": vpc["id"], "name": "bad", "cidr": "10.20.0.128/25", "zone": self.made["zones"][0][1]}
        self.api.refused("POST", "/api/network/v1/subnets", 409, "cidr_overlap", json=overlap)
        self.made["addresses"] = [
            self._post(self.api, "/api/network/v1/addresses", 201, {"subnet_id": subnet["id"]}) for subnet in subnets
        ]
        self.moment("network", "two addresses are allocated, whose time is metered from now on")
        assert [held["address"] for held in self.made["addresses"]] == ["10.20.0.4", "10.20.1.4"]
        group = self.api.ok("POST", "/api/network/v1/security-groups", 201, json={"vpc_id": vpc["id"], "name": "web"})
        rule = {"direction": "ingress", "protocol": "tcp", "port_low": 443, "port_high": 443, "cidr": "0.0.0.0/0"}
        self.api.ok("POST", f"/api/network/v1/security-groups/{group['id']}/rules", 201, json=rule)
        for port, allowed in ((443, True), (22, False)):
            packet = {"subnet_id": subnets[0]["id"], "security_group_ids": [group["id"]], "peer": "203.0.113.9"}
            verdict = self.api.ok("POST", "/api/network/v1/firewall/evaluate", json={**packet, "port": port})
            assert verdict["allowed"] is allowed, verdict
        return f"{vpc['id']} 10.20.0.0/16; port 443 open, 22 closed; an overlapping subnet was refused"

    def start_instances(self) -> str:
        deployer: Api = self.made["deployer"]
        denied = {"name": "own-host", "flavor": self._flavor(), "tenancy": "dedicated"}
        deployer.refused("POST", "/api/compute/v1/instances", 403, json=denied)
        ids = []
        for place, (_, zone) in enumerate(self.made["zones"]):
            body = {"name": f"web-{place}", "flavor": self._flavor(), "zone": zone}
            ids.append(self._post(deployer, "/api/compute/v1/instances", 201, body)["id"])
            if place == 0:
                self.moment("tenants", "an instance is being built, and its quota is reserved but not committed")
        self.moment("compute", "two instances are accepted, and the last one is still being built")
        self.made["instances"] = [self._in_state(id, "active") for id in ids]
        hosts = {item["placement"]["host_id"] for item in self.made["instances"]}
        providers = {item["placement"]["provider"] for item in self.made["instances"]}
        assert (len(hosts), len(providers)) == (2, 2)
        return "2 instances active, on " + " and ".join(sorted(providers)) + "; a dedicated one was refused by policy"

    def _flavor(self) -> str:
        if "flavor" not in self.made:
            self.made["flavor"] = self.api.ok("GET", "/api/compute/v1/flavors")[0]["name"]
        return str(self.made["flavor"])

    def _in_state(self, id: str, state: str) -> dict[str, Any]:
        def probe() -> dict[str, Any]:
            found: dict[str, Any] = self.api.ok("GET", f"/api/compute/v1/instances/{id}")
            assert found["state"] == state, found
            return found

        return eventually(probe, SLOW)

    def create_storage(self) -> str:
        zone = self.made["zones"][0][1]
        wanted = {"name": "data", "size_gib": 20, "zone": zone}
        volume = self._post(self.api, "/api/storage/v1/volumes", 201, wanted)
        self.moment("storage", "a volume is accepted, and still being made")
        instance = self.made["instances"][0]["id"]
        attached = eventually(lambda: self._attach(volume["id"], instance), SLOW)
        assert attached["instance_id"] == instance
        bucket = f"artifacts-{self.run_id}-{self.tenant.id[-8:]}"
        self._post(self.api, "/api/storage/v1/buckets", 201, {"name": bucket, "versioning": "enabled"})
        self.moment("gateway", "a bucket is made, and the next request is on its way")
        path = f"/api/storage/v1/buckets/{bucket}/objects/releases/app.txt"
        for content in (b"one", b"two"):
            assert self.api.put(path, content=content).status_code == 200
        assert self.api.get(path).content == b"two"
        return f"{volume['id']} attached; {bucket} holds two versions of one object"

    def _attach(self, volume_id: str, instance_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.ok(
            "POST", f"/api/storage/v1/volumes/{volume_id}/attach", json={"instance_id": instance_id}
        )
        return answer

    def balance_load(self) -> str:
        pool = self.api.ok("POST", "/api/loadbalancer/v1/pools", 201, json={"name": "web", "algorithm": "round_robin"})
        addresses = [held["address"] for held in self.made["addresses"]]
        for address, weight in zip(addresses, (2, 1), strict=True):
            body = {"address": address, "port": 443, "weight": weight}
            self.api.ok("POST", f"/api/loadbalancer/v1/pools/{pool['id']}/backends", 201, json=body)
        picked = [
            self.api.ok("POST", f"/api/loadbalancer/v1/pools/{pool['id']}/pick", json={})["backend"]["address"]
            for _ in range(6)
        ]
        assert (picked.count(addresses[0]), picked.count(addresses[1])) == (4, 2), picked
        listener = {"port": 443, "protocol": "tcp", "pool_id": pool["id"]}
        front = {"name": "front", "listeners": [listener]}
        balancer = self._post(self.api, "/api/loadbalancer/v1/load-balancers", 201, front)
        self.moment("loadbalancer", "a load balancer is made, and its configuration not read yet")
        text = self.api.get(f"/api/loadbalancer/v1/load-balancers/{balancer['id']}/haproxy.cfg").text
        assert all(f"{address}:443" in text for address in addresses)
        return f"{balancer['id']}: of 6 connections 4 and 2, as the weights 2 and 1 say; an HAProxy configuration"

    def name_it(self) -> str:
        name = f"shop-{self.run_id}.example."
        zone = self.api.ok("POST", "/api/dns/v1/zones", 201, json={"name": name})
        addresses = [held["address"] for held in self.made["addresses"]]
        record = {"name": f"www.{name}", "type": "A", "ttl": 60, "values": addresses}
        self._post(self.api, f"/api/dns/v1/zones/{zone['id']}/records", 201, record)
        self.moment("dns", "a record is made, and nobody has asked for it yet")
        answer = self.api.ok("GET", "/api/dns/v1/resolve", params={"name": f"WWW.{name}", "type": "A"})
        assert sorted(item["value"] for item in answer["answers"]) == sorted(addresses)
        return f"www.{name} → {', '.join(addresses)}"

    # -- deployment --------------------------------------------------------------------------------------------------

    def apply_plan(self) -> str:
        deployer: Api = self.made["deployer"]
        deployer.ok("POST", "/api/deploy/v1/environments", 201, json={"name": "prod"})
        resources = [
            {"address": "null.base", "attributes": {"size": 1}},
            {"address": "null.app", "attributes": {"of": "${null.base.id}"}, "depends_on": ["null.base"]},
        ]
        plan = self._plan(resources, {"null.base": "create", "null.app": "create"})
        stale = self._plan(resources, {"null.base": "create", "null.app": "create"})
        applied = self._post(deployer, f"{PROD}/applies", 202, {"plan_id": plan["id"]})
        self.moment("deploy", "an apply is accepted, and its task on the way to the worker")
        self._applied(applied["id"])
        larger = self._plan([{**resources[0], "attributes": {"size": 2}}, resources[1]], {"null.base": "update"})
        applied = self._post(deployer, f"{PROD}/applies", 202, {"plan_id": larger["id"]})
        self.moment("deploy-worker", "it is at work on an apply, and holds the environment's lock")
        self._applied(applied["id"])
        state = deployer.ok("GET", f"{PROD}/state")
        held = {item["address"]: item["attributes"] for item in state["resources"]}
        assert list(held) == ["null.app", "null.base"], held
        assert (state["serial"], held["null.base"]) == (2, {"size": 2}), state
        # The worker says that an apply succeeded, and then frees the lock.
        eventually(lambda: deployer.ok("GET", f"{PROD}/lock")["locked"] is False)
        late = deployer.post(f"{PROD}/applies", json={"plan_id": stale["id"]})
        assert (late.status_code, late.json()["code"]) == (409, "stale_plan"), late.text
        return f"state serial {state['serial']}; a plan made before it was refused as stale"

    def _plan(self, resources: list[dict[str, Any]], actions: dict[str, str]) -> dict[str, Any]:
        """A saved plan, which must mean these actions."""
        plan = self._post(self.made["deployer"], f"{PROD}/plans", 201, {"resources": resources})
        assert {change["address"]: change["action"] for change in plan["changes"]} == actions, plan["changes"]
        return plan

    def _applied(self, apply_id: str) -> None:
        def probe() -> bool:
            found = self.api.ok("GET", f"/api/deploy/v1/applies/{apply_id}")
            assert found["state"] == "succeeded", found
            return True

        eventually(probe, SLOW)

    def roll_out(self) -> str:
        deployer: Api = self.made["deployer"]
        body = {"release": {"image": "registry.example/shop:1"}, "replicas": 3}
        deployment = self._post(deployer, f"{PROD}/deployments", 201, body)
        self.moment("deploy-controller", "a deployment is accepted, and has to be rolled out")

        def probe() -> dict[str, Any]:
            found: dict[str, Any] = deployer.ok("GET", f"/api/deploy/v1/deployments/{deployment['id']}")
            assert found["state"] == "succeeded", found
            return found

        done = eventually(probe, SLOW)
        assert done["new_ready"] == 3
        leader = self.operator.ok("GET", "/api/deploy/v1/controller")["leader"]
        assert leader is not None
        assert done["fencing_token"] >= 1
        return f"3 replicas of revision {done['revision']}, by {leader['candidate']} in term {leader['term']}"

    # -- operation ---------------------------------------------------------------------------------------------------

    def alert(self) -> str:
        start = clock.now().replace(microsecond=0) - timedelta(minutes=10)
        rule = {
            "name": "errors",
            "metric": "errors_per_second",
            "operator": ">",
            "threshold": 5,
            "for_seconds": 60,
        }
        self.api.ok("POST", "/api/monitor/v1/alert-rules", 201, json=rule)
        values = [(0, 1), (30, 9), (60, 9), (90, 9), (120, 1)]
        samples = [
            {
                "name": "errors_per_second",
                "labels": {"app": "shop"},
                "value": value,
                "timestamp": (start + timedelta(seconds=at)).isoformat(),
            }
            for at, value in values
        ]
        seen = []
        for sample in samples:
            self.api.ok("POST", "/api/monitor/v1/samples", json={"samples": [sample]})
            self.api.ok("POST", "/api/monitor/v1/evaluate", json={"at": sample["timestamp"]})
            alerts = list(self.api.items("/api/monitor/v1/alerts"))
            seen.append(alerts[0]["state"] if alerts else "inactive")
            if len(seen) == 3:
                self.moment("monitor", "an alert is pending, for 30 of its 60 seconds")
        assert seen == ["inactive", "pending", "pending", "firing", "resolved"], seen
        return "pending after the first bad sample, firing after 60 s of them, resolved by a good one"

    def bill(self) -> str:
        for id in [item["id"] for item in self.made["instances"]]:
            self.api.ok("POST", f"/api/compute/v1/instances/{id}/stop", 202)
            self._in_state(id, "stopped")
        for held in self.made["addresses"]:
            assert self.api.delete(f"/api/network/v1/addresses/{held['id']}").is_success
        self.moment("billing", "the last usage is being reported")
        usage = eventually(self._all_usage, SLOW)
        end = clock.now()  # What is billed is over, so the period ends when the last usage is in.
        period = {"period_start": (end - timedelta(days=30)).isoformat(), "period_end": end.isoformat()}
        invoice = self._post(self.tenant.operator, "/api/billing/v1/invoices", 201, period)
        self.moment("audit", "an invoice is made, and not recorded yet")
        billed = {line["meter"]: (Decimal(line["quantity"]), Decimal(line["amount"])) for line in invoice["lines"]}
        for meter, amount in PRICES.items():
            quantity = sum((Decimal(row["quantity"]) for row in usage if row["meter"] == meter), Decimal(0))
            cents = (quantity * amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert billed[meter] == (quantity, cents), (meter, billed[meter], quantity, cents)
        assert Decimal(invoice["total"]) == sum((amount for _, amount in billed.values()), Decimal(0))
        self.made["invoice"] = invoice
        lines = ", ".join(f"{meter} {amount}" for meter, (_, amount) in sorted(billed.items()))
        return f"{invoice['number']}: {invoice['total']} {invoice['currency']} ({lines})"

    def _all_usage(self) -> list[dict[str, Any]]:
        """Usage of both instances (two meters each) and both addresses."""
        rows = list(self.api.items("/api/billing/v1/usage"))
        held = {item["id"] for item in [*self.made["instances"], *self.made["addresses"]]}
        missing = held - {row["resource_id"] for row in rows}
        assert not missing, f"no usage yet of {sorted(missing)}"
        return rows

    def verify_trail(self) -> str:
        records = eventually(self._whole_trail, SLOW)
        surplus = _counted(records) - Counter(TRAIL)
        assert not surplus, f"more often in the trail than it happened: {dict(surplus)}"
        assert _undecided(records) == []
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        assert len({record["event_id"] for record in records}) == len(records)
        result = self.api.ok("POST", "/api/audit/v1/verifications")
        assert result["valid"] is True, result
        text = self.api.get("/api/audit/v1/export").text
        assert "s3cret-" + self.run_id not in text
        return f"{result['records']} records, head {result['head']['hash'][:16]}…, valid; no secret value in them"

    def _whole_trail(self) -> list[dict[str, Any]]:
        """All records, once none is missing."""
        records = list(self.api.items("/api/audit/v1/records", limit=1000))
        missing = Counter(TRAIL) - _counted(records)
        assert not missing, f"not in the trail yet: {dict(missing)}"
        return records

    def repeat(self) -> str:
        for request in self.requests:
            headers = {"Idempotency-Key": request.key}
            again = request.api.ok("POST", request.path, request.status, json=request.body, headers=headers)
            assert again == request.answer, (request.path, again, request.answer)
        assert len(list(self.api.items("/api/compute/v1/instances"))) == 2
        quotas = self.api.ok("GET", "/api/tenants/v1/quotas")["items"]
        assert {item["resource"]: item["used"] for item in quotas if item["used"]} == USED
        assert not [item for item in quotas if item["reserved"]]
        return f"{len(self.requests)} saved answers came back; instances and quotas are as they were"


def _counted(records: list[dict[str, Any]]) -> Counter[str]:
    """How often each kind of event happened. Usage is told in pieces when a midnight passes: they count as one.

    Decisions about a resource that is being made or changed aren't counted: a request that is repeated after somebody
    died is decided on again.
    """
    usage = {
        (record["type"], record["data"]["resource_id"], record["data"]["meter"])
        for record in records
        if record["type"].endswith(".usage.recorded")
    }
    others = [
        record["type"]
        for record in records
        if not record["type"].endswith(".usage.recorded") and not _about_one(record)
    ]
    return Counter([*others, *(type for type, _, _ in usage)])


def _about_one(record: dict[str, Any]) -> bool:
    """Whether a record is a decision about one resource, not an answer to a question."""
    return record["type"] == DECISION and record["data"]["resource_id"] is not None


def _undecided(records: list[dict[str, Any]]) -> list[str]:
    """Resources in the trail that were made without a decision which allowed it."""
    allowed = {record["data"]["resource_id"] for record in records if _about_one(record) and record["data"]["allowed"]}
    made = [record for record in records if record["type"] in BOUND]
    return [f"{record['type']} {record['subject']}" for record in made if record["subject"] not in allowed]

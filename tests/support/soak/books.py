"""What must hold after a schedule: nothing is in passage, what counts exists, what was answered is on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.balancing import POOLS
from tests.support.computing import HOSTS, INSTANCES
from tests.support.deploying import DEPLOY, ENDED
from tests.support.eventually import eventually
from tests.support.networking import VPCS
from tests.support.soak.calls import Caller, Outcome
from tests.support.soak.control import CONFIG, ENVIRONMENTS, LAYERED, SAMPLES, SECRETS, STATES, TENANTS, USAGE
from tests.support.soak.records import Records
from tests.support.soak.schedule import ROUTES
from tests.support.storing import STORAGE
from tests.support.zones import ZONES

SETTLED_SECONDS = 90.0
"""So long what was under way may take to end once everything is back: workers take up what nobody moves after 20 s."""
PASSING = frozenset(
    {"provisioning", "starting", "stopping", "updating", "migrating", "deleting", "attaching", "detaching", "creating"}
)
PAUSED = "paused"
MADE_FOR_TENANTS = frozenset({"policy"})
ANSWERING = {
    "auth": "/api/auth/v1/me", "tenants": f"{TENANTS}/quotas", "compute": INSTANCES, "network": VPCS,
    "storage": f"{STORAGE}/buckets", "dns": ZONES, "loadbalancer": POOLS, "secrets": f"{SECRETS}/secrets",
    "config": f"{CONFIG}/environments", "deploy": f"{DEPLOY}/environments", "monitor": "/api/monitor/v1/alert-rules",
    "billing": USAGE, "audit": "/api/audit/v1/records", "compliance": "/api/compliance/v1/policies",
}  # fmt: skip
"""A read of every service behind the gateway, which is the fifteenth."""


@dataclass
class Books(Records):
    """The invariants of one played schedule, in the order in which they come true."""

    violations: list[str] = field(default_factory=list)

    def check(self) -> list[str]:
        """All of them; what differs, in words."""
        checks: dict[str, Callable[[], None]] = {
            "every client gets a definite answer": self.schedule.know,
            "every service answers": self.every_service_answers,
            "nothing is in passage": self.nothing_is_in_passage,
            "locks are free": self.locks_are_free,
            "what was acknowledged exists": self.what_was_acknowledged_exists,
            "values are those that were written": self.values_are_those_that_were_written,
            "claims are those of the instances": self.claims_are_those_of_the_instances,
            "addresses are in use once": self.addresses_are_in_use_once,
            "configuration in force is the history's last": self.configuration_in_force_is_recorded,
            "quotas count what exists": self.quotas_count_what_exists,
            "every acknowledged call is in the trail once": self.calls_are_in_the_trail_once,
            "the trail verifies": self.the_trail_verifies,
            "usage is counted once": self.usage_is_counted_once,
            "the invoice is the usage": self.the_invoice_is_the_usage,
            "no event was put aside": self.no_event_was_put_aside,
            "nothing is left of the tenant once it is closed": self.nothing_is_left_of_a_closed_tenant,
        }
        for name, check in checks.items():
            with self._noting(name):
                check()
        return self.violations

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, httpx.HTTPError) as error:
            self.violations.append(f"{name}: {error}")

    def every_service_answers(self) -> None:
        """Without a restart, whatever was broken."""
        failing: dict[str, Any] = {}

        def probe() -> bool:
            failing.clear()
            for service, path in ANSWERING.items():
                answer = self.schedule.callers.api(Caller.TENANT).get(path)
                if answer.status_code != 200:
                    failing[service] = (answer.status_code, answer.text[:200])
            return not failing

        try:
            eventually(probe, 30.0)
        except AssertionError:
            raise AssertionError(str(failing)) from None

    def nothing_is_in_passage(self) -> None:
        """Instances, migrations, volumes, snapshots, applies and deployments have all come to rest."""
        platform = self.schedule.callers.api(Caller.PLATFORM)
        for host in self.schedule.world.facts["hosts"]:
            platform.ok("PATCH", f"{HOSTS}/{host}", json={"forced_down": False})
        # A rollout that a person has paused waits for that person, a canary for samples.
        tenant = self.schedule.callers.api(Caller.TENANT)
        for deployment in self._deployments():
            if deployment["state"] == PAUSED:
                tenant.post(f"{DEPLOY}/deployments/{deployment['id']}/resume")
            if deployment["state"] not in ENDED:
                tenant.post(f"{DEPLOY}/deployments/{deployment['id']}/samples", json=SAMPLES)

        def settled() -> bool:
            passing = [
                (kind, entry["id"], entry["state"])
                for kind in ("instance", "volume", "snapshot")
                for entry in self.listed(kind)
                if entry.get("state") in PASSING
                or (entry.get("state") == "pending" and not entry.get("deferred_start", False))
            ]
            passing += [
                ("migration", each["id"], each["status"])
                for each in self.items("/api/compute/v1/migrations", Caller.OPERATOR)
                if each["status"] == "running"
            ]
            passing += [
                ("apply", each["id"], each["state"])
                for name in ENVIRONMENTS
                for each in self.items(f"{DEPLOY}/environments/{name}/applies")
                if each["state"] not in ("succeeded", "failed")
            ]
            passing += [
                ("deployment", each["id"], each["state"]) for each in self._deployments() if each["state"] not in ENDED
            ]
            assert not passing, passing
            return True

        eventually(settled, SETTLED_SECONDS, interval=0.2)

    def _deployments(self) -> list[dict[str, Any]]:
        return [each for name in ENVIRONMENTS for each in self.items(f"{DEPLOY}/environments/{name}/deployments")]

    def locks_are_free(self) -> None:
        """Of environments by themselves; of Terraform's states as soon as who took them lets go."""

        def free() -> bool:
            held = {name: self.ok(f"{DEPLOY}/environments/{name}/lock") for name in ENVIRONMENTS}
            assert not any(lock["locked"] for lock in held.values()), held
            return True

        eventually(free, 30.0)
        api = self.schedule.callers.api(Caller.TENANT)
        for state in STATES:
            infos = [thing.facts["info"] for thing in self.schedule.world.all_of("lock")]
            infos += [call.body for call in self.schedule.calls if call.method == "LOCK" and not call.persistent]
            for info in infos:
                answer = api.request("UNLOCK", f"{DEPLOY}/states/{state}", json=info)
                assert answer.status_code in (200, 409, 423), (info, answer.status_code, answer.text)
            after = {"ID": f"after-{state}-{self.schedule.world.facts['tenant_id']}", "Who": "soak"}
            for method in ("LOCK", "UNLOCK"):
                answer = api.request(method, f"{DEPLOY}/states/{state}", json=after)
                assert answer.status_code == 200, (method, state, answer.text)

    def what_was_acknowledged_exists(self) -> None:
        """What was made and not removed is there; what was removed is not; nothing else is, but for what is unknown."""
        for kind in ROUTES:

            def compared(kind: str = kind) -> bool:
                shown = {entry["id"] for entry in self.listed(kind)} - self.schedule.world.facts["given"]
                made = self.schedule.world.all_of(kind)
                missing = [each.id for each in made if not each.gone and not each.doubtful and each.id not in shown]
                # Instances of somebody preemptible may go by themselves.
                if kind == "instance":
                    missing = [id for id in missing if not self._preempted(id)]
                    self._remove_what_a_cloud_kept()
                left = [each.id for each in made if each.gone and each.id in shown]
                unknown = [id for id in shown - {each.id for each in made} if not self._may_be_unknown(kind)]
                wrong = {"missing": missing, "left": left, "unheard of": unknown}
                assert not any(wrong.values()), f"{kind}: {wrong}"
                return True

            eventually(compared, 20.0, interval=0.2)

    def _remove_what_a_cloud_kept(self) -> None:
        """Ask again, as people do, for the end of instances that their cloud has refused to remove."""
        removed = {each.id for each in self.schedule.world.all_of("instance") if each.gone}
        for instance in self.listed("instance"):
            refused = instance["state"] == "failed" and "destroy_node" in (instance["last_error"] or "")
            if instance["id"] in removed and refused:
                self.schedule.callers.api(Caller.TENANT).delete(f"{INSTANCES}/{instance['id']}")

    def _preempted(self, id: str) -> bool:
        found = self.items(f"/api/audit/v1/records?subject={id}")
        return any(record["type"] == "compute.instance.deleted" for record in found)

    def _may_be_unknown(self, kind: str) -> bool:
        """Whether a client gave up on making such a thing, or the platform makes some by itself for a new tenant."""
        if kind in MADE_FOR_TENANTS:
            return True
        path = ROUTES[kind] if kind != "snapshot" else f"{STORAGE}/volumes"
        return any(
            call.outcome is Outcome.UNKNOWN and call.method == "POST" and call.path.startswith(path)
            for call in self.schedule.calls
        )

    def values_are_those_that_were_written(self) -> None:
        """Secrets, objects, flags, limits and Terraform states hold what was written last."""
        world, api = self.schedule.world, self.schedule.callers.api(Caller.TENANT)
        for path in world.writes:
            possible = list(world.possible(path))
            if not world.was_written(path):
                possible.append(None)
            answer = api.get(path) if "/quotas/" not in path else None
            if answer is None:
                limits = {entry["resource"]: entry["limit"] for entry in self.ok(f"{TENANTS}/quotas")["items"]}
                value: Any = limits[path.rpartition("/")[2]]
                possible += [value] if not world.was_written(path) else []
            elif answer.status_code == 404:
                value = None
            else:
                assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
                value = _value_of(path, answer)
            if "/objects/" in path and value is None and self._bucket_may_be_gone(path):
                continue
            assert value in possible, f"{path} is {str(value)[:200]}, not one of {str(possible)[:600]}"

    def _bucket_may_be_gone(self, path: str) -> bool:
        name = path.split("/buckets/")[1].split("/")[0]
        return any(each.facts["name"] == name and each.removals for each in self.schedule.world.all_of("bucket"))

    def claims_are_those_of_the_instances(self) -> None:
        """Claims on hosts, nodes at the provider and instances are one and the same."""
        tenant_id = self.schedule.world.facts["tenant_id"]

        def agreed() -> bool:
            instances = self.listed("instance")
            found = self.ok("/api/compute/v1/providers/nimbus/nodes", Caller.PLATFORM, tenant_id=tenant_id)
            nodes = {node["name"].partition("/")[2]: node for node in found}
            holding = [entry for entry in instances if entry["state"] != "failed" or entry["id"] in nodes]
            for host in (self.ok(f"{HOSTS}/{id}", Caller.PLATFORM) for id in self.schedule.world.facts["hosts"]):
                mine = [entry for entry in holding if entry["placement"]["host_id"] == host["id"]]
                used = {kind: entry["used"] for kind, entry in host["resources"].items()}
                held = {
                    "vcpu": sum(round(float(entry["vcpus"]) * 1_000) for entry in mine),
                    "memory_mib": sum(entry["memory_mib"] for entry in mine),
                    "disk_gib": sum(entry["disk_gib"] for entry in mine),
                }
                assert (host["instances"], used) == (len(mine), held), (host["id"], used, held)
                assert all(entry["used"] <= entry["capacity"] for entry in host["resources"].values()), host
            wanted = {"active": "running", "stopped": "stopped"}
            shown = {entry["id"]: entry["state"] for entry in instances}
            wrong = {
                id: (state, nodes.get(id))
                for id, state in shown.items()
                if state in wanted and (id not in nodes or nodes[id]["state"] != wanted[state])
            }
            assert not wrong, wrong
            assert set(nodes) <= set(shown), f"nodes of nobody: {set(nodes) - set(shown)}"
            places = {entry["id"]: entry["placement"] for entry in instances}
            moved = [id for id, node in nodes.items() if node["host"] != places[id]["host_id"]]
            assert not moved, f"nodes on other hosts than their instances: {moved}"
            return True

        eventually(agreed, 20.0, interval=0.2)

    def addresses_are_in_use_once(self) -> None:
        """No address of a subnet is held twice."""
        held = Counter((entry["subnet_id"], entry["address"]) for entry in self.listed("address"))
        assert all(count == 1 for count in held.values()), {each: count for each, count in held.items() if count > 1}

    def configuration_in_force_is_recorded(self) -> None:
        """What is read as in force is the history's last revision, and revisions have no gaps."""
        names = {entry["name"] for entry in self.items(f"{CONFIG}/environments")}

        def recorded() -> bool:
            for name in set(LAYERED) & names:
                history = self.items(f"{CONFIG}/environments/{name}/history")
                numbers = sorted(entry["revision"] for entry in history)
                assert numbers == list(range(1, len(numbers) + 1)), (name, numbers)
                answer = self.schedule.callers.api(Caller.TENANT).get(
                    f"{CONFIG}/effective", params={"environment": name}
                )
                if not history:
                    assert answer.status_code == 404, (name, answer.text)
                    continue
                last = max(history, key=lambda entry: int(entry["revision"]))
                shown = answer.json()
                assert (shown["revision"], shown["values"]) == (last["revision"], last["values"]), (shown, last)
            return True

        eventually(recorded, 30.0)

    def nothing_is_left_of_a_closed_tenant(self) -> None:
        """Its machines end, and the hosts that were its own are empty and can go."""
        facts, callers = self.schedule.world.facts, self.schedule.callers
        platform = callers.api(Caller.PLATFORM)
        platform.ok("POST", f"{TENANTS}/tenants/{facts['tenant_id']}/close")

        def left() -> bool:
            nodes = self.ok("/api/compute/v1/providers/nimbus/nodes", Caller.PLATFORM, tenant_id=facts["tenant_id"])
            assert not nodes, nodes
            for host in (self.ok(f"{HOSTS}/{id}", Caller.PLATFORM) for id in facts["hosts"]):
                used = [host["instances"], *(entry["used"] for entry in host["resources"].values())]
                assert not any(used), host
            return True

        eventually(left, SETTLED_SECONDS, interval=0.2)
        for id in facts["hosts"]:
            platform.ok("DELETE", f"{HOSTS}/{id}", 204)


def _value_of(path: str, answer: Any) -> Any:
    """The part of an answer that was written."""
    if "/objects/" in path:
        return answer.content
    body = answer.json()
    if "/secrets/v1/" in path:
        return body["data"]
    if "/flags/" in path:
        return body["percentage"]
    return body

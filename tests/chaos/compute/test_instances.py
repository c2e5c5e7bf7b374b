"""A schedule of operations and faults from a seed, then the books: claims, nodes, quota and instances agree.

It needs compute and tenants alone. The same steps are part of the schedules over the whole platform, of which there are
as many as one likes (`make soak`). A seed that fails is played again by its number; its steps are printed with it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import HOSTS, INSTANCES, create_host, custom, dedicated, nodes_of, plan_fault
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

STEPS = 60
SEEDS = (1, 2, 3)
SIZES: tuple[dict[str, Any], ...] = ({"flavor": "nano"}, {"flavor": "small"}, custom("0.3", 256, 2))
PROVIDER_OPERATIONS = (
    "create_node",
    "destroy_node",
    "start_node",
    "stop_node",
    "resize_node",
    "migrate_node",
    "rebuild_node",
)
IN_PASSAGE = {"provisioning", "starting", "stopping", "updating", "migrating", "deleting"}


class Schedule:
    """Steps drawn from a seed. What a step answers may be any refusal, never a 500."""

    def __init__(self, seed: int, operator: Api, tenant: Tenant, fleet: FleetControl) -> None:
        self.chance = random.Random(seed)
        self.operator, self.tenant, self.fleet = operator, tenant, fleet
        self.hosts = [create_host(operator, tenant, millicores=2_500)["id"] for _ in range(3)]
        self.played: list[str] = []
        steps: dict[Callable[[], None], int] = {
            self.order: 10,
            self.act_on_an_instance: 14,
            self.fail_the_provider: 6,
            self.lose_a_host: 2,
            self.find_a_host: 2,
            self.crash: 1,
            self.lose_the_bus: 1,
            self.lose_the_quotas: 1,
        }
        self.steps, self.weights = list(steps), list(steps.values())

    def play(self) -> None:
        for _ in range(STEPS):
            self.chance.choices(self.steps, self.weights)[0]()

    def send(self, api: Api, method: str, path: str, body: Any = None) -> None:
        answer = api.request(method, path, json=body)
        self.played.append(f"{method} {path} {body}: {answer.status_code}")
        assert answer.status_code < 500 or answer.status_code in (503, 504), (answer.text, self.played)

    def order(self) -> None:
        body = dedicated(
            deferred_start=self.chance.random() < 0.2,
            preemptible=self.chance.random() < 0.5,
            **self.chance.choice(SIZES),
        )
        self.send(self.tenant.api, "POST", INSTANCES, body)

    def act_on_an_instance(self) -> None:
        instances = list(self.tenant.api.items(INSTANCES))
        if not instances:
            return
        path = f"{INSTANCES}/{self.chance.choice(instances)['id']}"
        method, action, body = self.chance.choice(
            [
                ("DELETE", "", None),
                ("POST", "/stop", None),
                ("POST", "/start", None),
                ("POST", "/resize", {"flavor": self.chance.choice(("small", "medium"))}),
                ("POST", "/transitions", {"target": "provisioning"}),
                ("POST", "/live-migrate", {}),
                ("POST", "/live-migrate", {"host_id": self.chance.choice(self.hosts)}),
                ("POST", "/migrate", {}),
                ("POST", "/evacuate", {}),
                ("POST", "/reset-state", {"state": "failed"}),
            ]
        )
        self.send(self.tenant.operator, method, f"{path}{action}", body)

    def fail_the_provider(self) -> None:
        operation = self.chance.choice(PROVIDER_OPERATIONS)
        kind = self.chance.choice(("unavailable", "timeout", "out_of_capacity", "latency"))
        remaining = self.chance.randrange(1, 6)
        self.played.append(f"{operation} fails: {kind} {remaining} times")
        plan_fault(self.operator, self.tenant, operation, kind, remaining, latency_ms=200 if kind == "latency" else 0)

    def lose_a_host(self) -> None:
        host = f"{HOSTS}/{self.chance.choice(self.hosts)}"
        self.send(self.operator, "PATCH", host, {"forced_down": True})
        self.send(self.operator, "POST", f"{host}/evacuate")

    def find_a_host(self) -> None:
        for host in self.hosts:
            self.send(self.operator, "PATCH", f"{HOSTS}/{host}", {"forced_down": False})

    def crash(self) -> None:
        self.played.append("compute crashes")
        self.fleet.crash("compute")

    def lose_the_bus(self) -> None:
        self.played.append("the bus is away for two orders")
        self.fleet.kafka_down()
        self.order()
        self.act_on_an_instance()
        self.fleet.kafka_up()

    def lose_the_quotas(self) -> None:
        self.played.append("tenants crashes during an order")
        self.fleet.kill("tenants")
        self.order()
        self.fleet.start("tenants")
        self.fleet.wait_healthy("tenants")

    # ------------------------------------------------------------------ the books

    def settle(self) -> list[dict[str, Any]]:
        """The instances, once nothing is in passage any more."""
        self.find_a_host()

        def settled() -> bool:
            instances = list(self.tenant.api.items(INSTANCES))
            passing = [
                entry
                for entry in instances
                if entry["state"] in IN_PASSAGE or (entry["state"] == "pending" and not entry["deferred_start"])
            ]
            assert not passing, (passing, self.played)
            return True

        eventually(settled, timeout=90)
        return list(self.tenant.api.items(INSTANCES))

    def check(self) -> None:
        instances = self.settle()
        nodes = {node["name"].partition("/")[2]: node for node in nodes_of(self.operator, self.tenant)}
        holding = [entry for entry in instances if entry["state"] != "failed" or entry["id"] in nodes]

        expected = Counter(entry["placement"]["host_id"] for entry in holding)
        shown = [self.operator.ok("GET", f"{HOSTS}/{host}") for host in self.hosts]
        assert {host["id"]: host["instances"] for host in shown} == {id: expected[id] for id in self.hosts}, self.played
        for host in shown:
            mine = [entry for entry in holding if entry["placement"]["host_id"] == host["id"]]
            used = {kind: resource["used"] for kind, resource in host["resources"].items()}
            assert used == {
                "vcpu": sum(round(float(entry["vcpus"]) * 1_000) for entry in mine),
                "memory_mib": sum(entry["memory_mib"] for entry in mine),
                "disk_gib": sum(entry["disk_gib"] for entry in mine),
            }, self.played
            assert all(resource["used"] <= resource["capacity"] for resource in host["resources"].values()), self.played

        for entry in instances:
            node = nodes.get(entry["id"])
            if entry["state"] in ("active", "stopped"):
                assert node is not None, (entry, self.played)
                assert node["state"] == ("running" if entry["state"] == "active" else "stopped"), (entry, self.played)
            if node is not None:
                assert node["host"] == entry["placement"]["host_id"], (entry, self.played)
        assert set(nodes) <= {entry["id"] for entry in instances}, (nodes, self.played)
        running = [
            move for move in self.tenant.operator.items("/api/compute/v1/migrations") if move["status"] == "running"
        ]
        assert running == [], self.played

        def counted() -> bool:
            quotas = {
                entry["resource"]: entry for entry in self.tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
            }
            held = {name: (quotas[name]["used"], quotas[name]["reserved"]) for name in ("instances", "memory_mib")}
            exists = {"instances": (len(instances), 0), "memory_mib": (sum(e["memory_mib"] for e in instances), 0)}
            assert held == exists, self.played
            return True

        eventually(counted, timeout=30)

    def end(self) -> None:
        """Everything goes, and nothing is left of it."""

        def gone() -> bool:
            for entry in list(self.tenant.api.items(INSTANCES)):
                if entry["state"] != "deleting":
                    self.tenant.api.delete(f"{INSTANCES}/{entry['id']}")
            return not list(self.tenant.api.items(INSTANCES))

        eventually(gone, timeout=60, interval=0.2)
        assert nodes_of(self.operator, self.tenant) == [], self.played
        for host in self.hosts:
            shown = self.operator.ok("GET", f"{HOSTS}/{host}")
            assert [shown["instances"], *(entry["used"] for entry in shown["resources"].values())] == [0] * 4
            self.operator.ok("DELETE", f"{HOSTS}/{host}", 204)


@pytest.mark.timeout(300)
@pytest.mark.services("tenants")
@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_schedule_the_books_agree(operator: Api, tenant: Tenant, fleet: FleetControl, seed: int) -> None:
    schedule = Schedule(seed, operator, tenant, fleet)

    schedule.play()

    schedule.check()
    schedule.end()

"""How an instance is registered, and which instances are routed to."""

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.infra.consul import ConsulUnavailable, next_index
from shared.infra.registry import (
    Instance,
    KeepRegistered,
    Registration,
    ServiceRegistry,
    ServiceView,
    passing_instances,
    service_definition,
)

REGISTRATION = Registration("compute", "compute-1", "compute:8003", "http://compute:8003/healthz", 2.0)


def entry(instance: str, *checks: tuple[str, str], address: str = "compute") -> dict[str, Any]:
    """One entry of a health answer; a check is (service id, status), with an empty id for a check of the node."""
    return {
        "Node": {"Node": "n1", "Address": "10.0.0.1"},
        "Service": {"ID": instance, "Service": "compute", "Address": address, "Port": 8003},
        "Checks": [{"ServiceID": service, "Status": status} for service, status in checks],
    }


def test_an_instance_is_registered_with_its_address_and_an_http_check() -> None:
    definition = service_definition(REGISTRATION)
    assert (definition["name"], definition["service_id"]) == ("compute", "compute-1")
    assert (definition["address"], definition["port"]) == ("compute", 8003)
    assert definition["check"]["http"] == "http://compute:8003/healthz"


def test_the_check_says_how_often_and_when_to_forget_the_instance() -> None:
    check = service_definition(REGISTRATION)["check"]
    assert (check["interval"], check["timeout"]) == ("2s", "2s")
    assert check["DeregisterCriticalServiceAfter"] == "1m"


def test_consul_is_told_what_to_probe() -> None:
    calls: list[dict[str, Any]] = []
    agent = SimpleNamespace(service=SimpleNamespace(register=lambda **arguments: calls.append(arguments)))
    ServiceRegistry(SimpleNamespace(agent=agent)).register(REGISTRATION)
    assert [(call["service_id"], call["check"]["http"]) for call in calls] == [
        ("compute-1", "http://compute:8003/healthz")
    ]


def test_an_instance_is_routed_to_when_all_its_checks_pass() -> None:
    found = passing_instances([entry("compute-1", ("", "passing"), ("compute-1", "passing"))])
    assert found == (Instance("compute-1", "compute", "compute:8003"),)
    assert found[0].url == "http://compute:8003"


@pytest.mark.parametrize("status", ["warning", "critical", "maintenance"])
def test_one_check_that_does_not_pass_is_enough_to_leave_routing(status: str) -> None:
    assert passing_instances([entry("compute-1", ("", "passing"), ("compute-1", status))]) == ()
    assert passing_instances([entry("compute-1", ("", status), ("compute-1", "passing"))]) == ()


def test_an_instance_without_a_check_of_its_own_is_not_routed_to() -> None:
    assert passing_instances([entry("compute-1", ("", "passing"))]) == ()
    assert passing_instances([entry("compute-1")]) == ()


def test_an_instance_without_an_address_is_at_its_node() -> None:
    found = passing_instances([entry("compute-1", ("compute-1", "passing"), address="")])
    assert found[0].address == "10.0.0.1:8003"


def test_instances_come_in_the_order_of_their_ids() -> None:
    found = passing_instances([entry(name, (name, "passing")) for name in ("c", "a", "b")])
    assert [instance.id for instance in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("previous", "returned", "following"), [(0, 7, 7), (7, 7, 7), (7, 12, 12), (12, 3, 0), (900, 1, 0)]
)
def test_an_index_that_goes_backwards_restarts_at_zero(previous: int, returned: int, following: int) -> None:
    assert next_index(previous, returned) == following


class Registry:
    """A registry in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Registration] = {}
        self.down = False

    def registered(self, instance_id: str) -> bool:
        if self.down:
            raise ConsulUnavailable
        return instance_id in self.known

    def register(self, registration: Registration) -> None:
        self.known[registration.instance_id] = registration

    def deregister(self, instance_id: str) -> None:
        if self.down:
            raise ConsulUnavailable
        del self.known[instance_id]


def test_an_instance_that_consul_lost_is_registered_again() -> None:
    registry = Registry()
    keeper = KeepRegistered(cast(ServiceRegistry, registry), REGISTRATION)
    assert (keeper.ensure(), keeper.ensure()) == (True, False)
    registry.known.clear()
    assert keeper.ensure() is True
    assert registry.known == {"compute-1": REGISTRATION}


def test_stopping_leaves_routing_even_if_consul_is_away() -> None:
    registry = Registry()
    keeper = KeepRegistered(cast(ServiceRegistry, registry), REGISTRATION)
    keeper.ensure()
    keeper.stop()
    assert registry.known == {}
    registry.down = True
    keeper.stop()


class LivingRegistry(Registry):
    """A registry whose blocking queries wait for changes, as Consul's do."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()
        self.index = 1
        self.queries = 0

    def change(self) -> None:
        with self.changed:
            self.index += 1
            self.changed.notify_all()

    def register(self, registration: Registration) -> None:
        super().register(registration)
        self.change()

    def deregister(self, instance_id: str) -> None:
        super().deregister(instance_id)
        self.change()

    def instances_after(self, _name: str, index: int) -> tuple[int, tuple[Instance, ...]]:
        with self.changed:
            self.queries += 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.down or self.index > index, 30.0)
            if self.down:
                raise ConsulUnavailable
            return self.index, ()

    def settle(self) -> None:
        """Wait until the keeper waits for a change after the present index."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.queries >= 2, 5.0)


def keep(registry: Registry) -> KeepRegistered:
    keeper = KeepRegistered(cast(ServiceRegistry, registry), REGISTRATION)
    keeper.start()
    return keeper


def test_a_loss_is_mended_when_consul_tells_of_it() -> None:
    registry = LivingRegistry()
    keeper = keep(registry)
    registry.settle()
    registry.known.clear()
    registry.change()
    with registry.changed:
        assert registry.changed.wait_for(lambda: bool(registry.known), 5.0)
    keeper.stop()


def test_it_registers_again_with_a_consul_that_came_back_empty() -> None:
    registry = LivingRegistry()
    keeper = keep(registry)
    registry.settle()
    registry.down = True
    registry.known.clear()
    registry.change()  # the connection breaks, and the query with it
    registry.down = False
    with registry.changed:
        assert registry.changed.wait_for(lambda: bool(registry.known), 5.0)
    keeper.stop()


def test_stopping_ends_the_blocking_query_and_nothing_registers_afterwards() -> None:
    registry = LivingRegistry()
    keeper = keep(registry)
    registry.settle()
    began = time.monotonic()
    keeper.stop()
    assert time.monotonic() - began < 1.0
    assert keeper.ensure() is False
    assert registry.known == {}


class Watched:
    """A registry whose blocking query is answered once, and then never again."""

    def __init__(self, *instances: Instance) -> None:
        self.answers = [instances]
        self.silence = threading.Event()

    def instances_after(self, name: str, index: int) -> tuple[int, tuple[Instance, ...]]:
        if not self.answers:
            self.silence.wait(30)
            raise ConsulUnavailable
        return index + 1, self.answers.pop()


@pytest.mark.parametrize("known", [(), (Instance("compute-1", "compute", "compute:8003"),)])
def test_a_view_tells_what_it_knows_and_asks_nobody_though_that_is_nothing(known: tuple[Instance, ...]) -> None:
    registry = Watched(*known)
    view = ServiceView(cast(ServiceRegistry, registry), "compute")
    assert view.instances() == ()
    view.start()
    assert view.wait_seen(10)
    assert view.instances() == known
    view.stop()
    registry.silence.set()

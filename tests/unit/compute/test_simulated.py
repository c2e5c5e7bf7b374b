"""The simulated cloud: the same seed gives the same cloud, and a lost answer never makes a second node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from services.compute.domain.cloud.driver import (
    CloudTimeout,
    CloudUnavailable,
    Node,
    NodeLocation,
    NodeNotFound,
    NodeSize,
    NodeState,
    OutOfCapacity,
)
from services.compute.domain.cloud.simulated import (
    IMAGES,
    Fault,
    FaultKind,
    SeededFaults,
    SimulatedDriver,
)
from services.compute.domain.zones import PROVIDERS

SIZE = NodeSize("small", 1_000, 2_048, 20)


@dataclass
class MemoryNodeStore:
    """What a simulated provider holds, without a database."""

    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    def add(self, node: Node) -> Node:
        kept = self.by_token(node.provider, node.client_token)
        if kept is not None:
            return kept
        self.nodes[node.provider, node.id] = node
        return node

    def get(self, provider: str, node_id: str) -> Node | None:
        return self.nodes.get((provider, node_id))

    def by_token(self, provider: str, client_token: str) -> Node | None:
        of_provider = self.all(provider)
        return next((node for node in of_provider if node.client_token == client_token), None)

    def put(self, node: Node) -> None:
        self.nodes[node.provider, node.id] = node

    def remove(self, provider: str, node_id: str) -> bool:
        return self.nodes.pop((provider, node_id), None) is not None

    def all(self, provider: str) -> Sequence[Node]:
        return sorted((node for node in self.nodes.values() if node.provider == provider), key=lambda node: node.id)


class PlannedFaults:
    """Faults in the order in which they are met."""

    def __init__(self, *faults: Fault | None) -> None:
        self.faults = list(faults)
        self.asked: list[tuple[str, str, str]] = []

    def next_fault(self, provider: str, operation: str, owner: str) -> Fault | None:
        self.asked.append((provider, operation, owner))
        return self.faults.pop(0) if self.faults else None


class Cloud:
    """A simulated provider with its store and the waits it asked for."""

    def __init__(self, *faults: Fault | None, seed: int = 7) -> None:
        self.store = MemoryNodeStore()
        self.waits: list[float] = []
        self.driver = SimulatedDriver(PROVIDERS["nimbus"], seed, self.store, PlannedFaults(*faults), self.waits.append)

    def create(self, token: str = "i-1") -> Node:
        return self.driver.create_node(
            f"t-1.{token}", SIZE, IMAGES[0], NodeLocation("nimbus-eu-1a", ""), ex_host="h-1", ex_client_token=token
        )


def test_a_created_node_runs_where_it_was_asked_for() -> None:
    cloud = Cloud()

    node = cloud.create()

    assert (node.state, node.location, node.host, node.image) == (
        NodeState.RUNNING,
        "nimbus-eu-1a",
        "h-1",
        "debian-12",
    )
    assert cloud.driver.list_nodes() == [node]


def test_the_same_token_gives_the_same_node() -> None:
    cloud = Cloud()

    assert cloud.create() == cloud.create()
    assert len(cloud.driver.list_nodes()) == 1


def test_a_lost_answer_leaves_one_node_that_the_repeated_request_finds() -> None:
    cloud = Cloud(Fault(FaultKind.TIMEOUT))

    with pytest.raises(CloudTimeout):
        cloud.create()
    made = cloud.driver.list_nodes()

    assert len(made) == 1
    assert cloud.create() == made[0]
    assert len(cloud.driver.list_nodes()) == 1


@pytest.mark.parametrize(
    ("kind", "error", "transient"),
    [(FaultKind.UNAVAILABLE, CloudUnavailable, True), (FaultKind.OUT_OF_CAPACITY, OutOfCapacity, False)],
)
def test_a_refused_create_makes_nothing(kind: FaultKind, error: type[Exception], transient: bool) -> None:
    cloud = Cloud(Fault(kind))

    with pytest.raises(error) as refused:
        cloud.create()

    assert refused.value.transient is transient  # type: ignore[attr-defined]
    assert cloud.driver.list_nodes() == []


def test_one_seed_gives_one_cloud() -> None:
    first, second, other = Cloud(seed=7), Cloud(seed=7), Cloud(seed=8)

    assert first.create().id == second.create().id
    assert first.waits == second.waits
    assert other.create().id != first.create().id


def test_latency_stays_within_the_providers_range() -> None:
    cloud = Cloud()
    for number in range(50):
        cloud.create(f"i-{number}")

    assert min(cloud.waits) >= 0.004
    assert max(cloud.waits) <= 0.012
    assert len(set(cloud.waits)) > 1


def test_a_latency_fault_adds_to_the_wait_and_the_request_works() -> None:
    plain, slow = Cloud(), Cloud(Fault(FaultKind.LATENCY, latency_ms=1_500))
    plain.create()

    assert slow.create().state is NodeState.RUNNING
    assert slow.waits[0] == pytest.approx(plain.waits[0] + 1.5)


def test_stop_start_and_resize_change_the_node_at_the_provider() -> None:
    cloud = Cloud()
    node = cloud.create()

    assert cloud.driver.stop_node(node) is True
    assert cloud.driver.ex_get_node(node.id).state is NodeState.STOPPED
    assert cloud.driver.start_node(node) is True
    assert cloud.driver.ex_get_node(node.id).state is NodeState.RUNNING
    assert cloud.driver.ex_resize_node(node, NodeSize("large", 4_000, 8_192, 80), ex_host=node.host) is True
    assert cloud.driver.ex_get_node(node.id).extra == {"size": "large"}


def test_destroying_removes_the_node_once() -> None:
    cloud = Cloud()
    node = cloud.create()

    assert cloud.driver.destroy_node(node) is True
    with pytest.raises(NodeNotFound):
        cloud.driver.destroy_node(node)
    assert cloud.driver.list_nodes() == []


def test_a_refused_destroy_leaves_the_node() -> None:
    cloud = Cloud(None, Fault(FaultKind.UNAVAILABLE))
    node = cloud.create()

    with pytest.raises(CloudUnavailable):
        cloud.driver.destroy_node(node)

    assert cloud.driver.list_nodes() == [node]


def test_seeded_faults_hit_the_same_requests_every_time() -> None:
    def pattern(seed: int) -> list[bool]:
        faults = SeededFaults(seed, per_mille=250)
        return [faults.next_fault("nimbus", "create_node", f"t.{number}") is not None for number in range(400)]

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)
    assert 70 <= sum(pattern(1)) <= 130


def test_no_share_of_faults_means_none() -> None:
    faults = SeededFaults(1, per_mille=0)

    assert all(faults.next_fault("nimbus", "create_node", str(number)) is None for number in range(100))

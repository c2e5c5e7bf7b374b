"""A simulated cloud: deterministic latencies and failures from a seed, and faults that a drill asks for.

What it holds lies in a `NodeStore`, because a real provider's nodes outlive the process that asked for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from services.compute.domain.cloud.driver import (
    CloudTimeout,
    CloudUnavailable,
    Node,
    NodeImage,
    NodeLocation,
    NodeNotFound,
    NodeSize,
    NodeState,
    OutOfCapacity,
)
from services.compute.domain.zones import ProviderSpec

IMAGES = (
    NodeImage("debian-12", "Debian 12"),
    NodeImage("ubuntu-24.04", "Ubuntu 24.04"),
    NodeImage("rocky-9", "Rocky 9"),
)


class FaultKind(StrEnum):
    """What can go wrong."""

    OUT_OF_CAPACITY = "out_of_capacity"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    """The request is carried out and its answer is lost."""
    LATENCY = "latency"
    """The request only takes longer."""


@dataclass(frozen=True)
class Fault:
    """One failure of one request."""

    kind: FaultKind
    latency_ms: int = 0


class FaultSource(Protocol):
    """Decides which requests fail."""

    def next_fault(self, provider: str, operation: str, owner: str) -> Fault | None:
        """The fault that this request meets, used up by asking; None for a request that works."""


class NodeStore(Protocol):
    """The simulated provider's own records, committed apart from the platform's."""

    def add(self, node: Node) -> Node:
        """Keep a node; the kept one when its client token is known."""

    def get(self, provider: str, node_id: str) -> Node | None:
        """A node by its id."""

    def by_token(self, provider: str, client_token: str) -> Node | None:
        """A node by the token it was made with."""

    def put(self, node: Node) -> None:
        """Overwrite a node."""

    def remove(self, provider: str, node_id: str) -> bool:
        """Forget a node; False when there was none."""

    def all(self, provider: str) -> Sequence[Node]:
        """A provider's nodes by id."""


class SeededFaults:
    """A share of all requests fails, the same ones for the same seed.

    `per_mille` of 1000 requests are unavailable; which ones follows from the seed, the request and its ordinal.
    """

    def __init__(self, seed: int, per_mille: int) -> None:
        self._seed = seed
        self._per_mille = per_mille
        self._asked: dict[str, int] = {}

    def next_fault(self, provider: str, operation: str, owner: str) -> Fault | None:
        key = f"{provider}/{operation}/{owner}"
        ordinal = self._asked[key] = self._asked.get(key, 0) + 1
        if draw(self._seed, "fault", key, str(ordinal)) % 1000 < self._per_mille:
            return Fault(FaultKind.UNAVAILABLE)
        return None


def draw(seed: int, *parts: str) -> int:
    """A number that follows from the seed and the parts alone, the same in every process."""
    digest = hashlib.sha256("\x00".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


class SimulatedDriver:
    """One simulated provider behind the `NodeDriver` port."""

    def __init__(
        self, spec: ProviderSpec, seed: int, store: NodeStore, faults: FaultSource, sleep: Callable[[float], None]
    ) -> None:
        self._spec = spec
        self._seed = seed
        self._store = store
        self._faults = faults
        self._sleep = sleep

    def list_images(self) -> Sequence[NodeImage]:
        return IMAGES

    def list_nodes(self) -> Sequence[Node]:
        return self._store.all(self._spec.name)

    def ex_get_node(self, node_id: str) -> Node:
        node = self._store.get(self._spec.name, node_id)
        if node is None:
            raise NodeNotFound(f"{self._spec.name} has no node {node_id}")
        return node

    def ex_find_node(self, client_token: str) -> Node | None:
        return self._store.by_token(self._spec.name, client_token)

    def create_node(
        self, name: str, size: NodeSize, image: NodeImage, location: NodeLocation, *, ex_host: str, ex_client_token: str
    ) -> Node:
        node_id = f"{self._spec.name}-{draw(self._seed, 'node', self._spec.name, ex_client_token):016x}"
        wanted = Node(
            id=node_id,
            name=name,
            state=NodeState.RUNNING,
            provider=self._spec.name,
            location=location.id,
            host=ex_host,
            image=image.id,
            client_token=ex_client_token,
            extra={"size": size.id},
        )
        fault = self._begin("create_node", name, ex_client_token)
        node = self._store.add(wanted)
        self._answer("create_node", fault)
        return node

    def start_node(self, node: Node) -> bool:
        return self._change("start_node", node, lambda kept: kept.in_state(NodeState.RUNNING))

    def stop_node(self, node: Node) -> bool:
        return self._change("stop_node", node, lambda kept: kept.in_state(NodeState.STOPPED))

    def ex_resize_node(self, node: Node, size: NodeSize, *, ex_host: str) -> bool:
        return self._change("resize_node", node, lambda kept: replace(_with_size(kept, size), host=ex_host))

    def ex_migrate_node(self, node: Node, host: str) -> bool:
        return self._change("migrate_node", node, lambda kept: replace(kept, host=host))

    def ex_rebuild_node(self, node: Node, host: str) -> bool:
        return self._change("rebuild_node", node, lambda kept: replace(kept, host=host))

    def destroy_node(self, node: Node) -> bool:
        fault = self._begin("destroy_node", node.name, node.client_token)
        if not self._store.remove(self._spec.name, node.id):
            raise NodeNotFound(f"{self._spec.name} has no node {node.id}")
        self._answer("destroy_node", fault)
        return True

    def _change(self, operation: str, node: Node, change: Callable[[Node], Node]) -> bool:
        fault = self._begin(operation, node.name, node.client_token)
        self._store.put(change(self.ex_get_node(node.id)))
        self._answer(operation, fault)
        return True

    def _begin(self, operation: str, owner: str, token: str) -> Fault | None:
        """Take the request: its latency passes, and faults that come before any effect are raised."""
        fault = self._faults.next_fault(self._spec.name, operation, owner)
        low, high = self._spec.latency_ms
        latency_ms = low + draw(self._seed, "latency", operation, token) % (high - low + 1)
        self._sleep((latency_ms + (fault.latency_ms if fault else 0)) / 1000)
        if fault and fault.kind is FaultKind.OUT_OF_CAPACITY:
            raise OutOfCapacity(f"{self._spec.name}: insufficient capacity for {operation}")
        if fault and fault.kind is FaultKind.UNAVAILABLE:
            raise CloudUnavailable(f"{self._spec.name}: {operation} is not available")
        return fault

    def _answer(self, operation: str, fault: Fault | None) -> None:
        if fault and fault.kind is FaultKind.TIMEOUT:
            raise CloudTimeout(f"{self._spec.name}: no answer to {operation}")


def _with_size(node: Node, size: NodeSize) -> Node:
    return replace(node, extra={**node.extra, "size": size.id})

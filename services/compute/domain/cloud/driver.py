"""The provider port. Method names and arguments are those of Libcloud's `NodeDriver`, so a real driver fits behind it.

What Libcloud leaves to extensions is prefixed `ex_` here too. Creating takes a client token: repeating a request
with the same token gives the node that exists already (AWS `ClientToken`), which makes a lost answer harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol


class NodeState(StrEnum):
    """Libcloud's node states, as far as they are used."""

    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True)
class NodeLocation:
    """Where a node can be made."""

    id: str
    name: str


@dataclass(frozen=True)
class NodeSize:
    """What a node is given: millicores, MiB and GiB."""

    id: str
    vcpu_millicores: int
    ram_mib: int
    disk_gib: int


@dataclass(frozen=True)
class NodeImage:
    """What a node boots."""

    id: str
    name: str


@dataclass(frozen=True)
class Node:
    """A machine at a provider."""

    id: str
    name: str
    state: NodeState
    provider: str
    location: str
    host: str
    image: str
    client_token: str
    extra: dict[str, str] = field(default_factory=dict)
    """What else the provider tells; `size` is the id of the size that the node has."""

    def in_state(self, state: NodeState) -> Node:
        """The same node in another state."""
        return replace(self, state=state)


class CloudError(Exception):
    """A provider refused or failed. `transient` says whether the same request may work later."""

    transient = False


class OutOfCapacity(CloudError):
    """The provider has no room for the node: nothing was made."""


class CloudUnavailable(CloudError):
    """The provider didn't take the request: nothing was done."""

    transient = True


class CloudTimeout(CloudError):
    """No answer came: the request may or may not have been carried out."""

    transient = True


class NodeNotFound(CloudError):
    """The provider has no such node."""


class NodeDriver(Protocol):
    """One provider's compute service."""

    def list_images(self) -> Sequence[NodeImage]:
        """Images that nodes can boot."""

    def list_nodes(self) -> Sequence[Node]:
        """All nodes that exist."""

    def ex_get_node(self, node_id: str) -> Node:
        """One node. Raises NodeNotFound."""

    def ex_find_node(self, client_token: str) -> Node | None:
        """The node that was made with a client token; None when there is none."""

    def create_node(
        self, name: str, size: NodeSize, image: NodeImage, location: NodeLocation, *, ex_host: str, ex_client_token: str
    ) -> Node:
        """A running node; the one that exists when the token was used before. Raises CloudError."""

    def start_node(self, node: Node) -> bool:
        """Start a stopped node; True when it runs. Raises CloudError."""

    def stop_node(self, node: Node) -> bool:
        """Stop a running node; True when it stands. Raises CloudError."""

    def destroy_node(self, node: Node) -> bool:
        """Remove a node for good; True when it is gone. Raises NodeNotFound or another CloudError."""

    def ex_resize_node(self, node: Node, size: NodeSize, *, ex_host: str) -> bool:
        """Give a node another size, on another host where `ex_host` isn't its own; True when it has it.

        Raises CloudError.
        """

    def ex_migrate_node(self, node: Node, host: str) -> bool:
        """Move a node as it is to another host, a running one without stopping it; True when it is there.

        Raises CloudError.
        """

    def ex_rebuild_node(self, node: Node, host: str) -> bool:
        """Make a node anew, from its image and in its state, on another host than its dead one; True when it is there.

        Raises CloudError.
        """

"""What providers have to offer and what they hold, asked of them."""

from __future__ import annotations

from collections.abc import Sequence

from services.compute.domain.cloud.driver import Node, NodeImage
from services.compute.domain.instances import tenant_of
from services.compute.ports import Ports


def images(ports: Ports, provider: str) -> Sequence[NodeImage]:
    """The images of a provider. Raises UnknownProvider."""
    return ports.clouds.driver(provider).list_images()


def nodes(ports: Ports, provider: str, tenant_id: str | None) -> Sequence[Node]:
    """What a provider really holds, of one tenant or of all: what orphans are looked for with.

    Raises UnknownProvider.
    """
    found = ports.clouds.driver(provider).list_nodes()
    return [node for node in found if tenant_id in (None, tenant_of(node.name))]

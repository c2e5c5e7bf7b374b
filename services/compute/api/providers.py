"""Providers: the images they have, and the nodes they really hold."""

from __future__ import annotations

from collections.abc import Sequence

from services.compute.api.common import OPERATORS, READ, Id
from services.compute.domain.cloud.driver import Node, NodeImage
from services.compute.operations import providers
from services.compute.ports import Ports
from services.compute.schemas import ImageOut, NodeOut, Text
from shared.web.fastapi import ApiRouter, ports_of_app, requires
from shared.web.permissions import PLATFORM

router = ApiRouter()


@router.get("/providers/{name}/images", response_model=list[ImageOut], dependencies=[requires(READ)])
def list_images(name: Id, ports: Ports = ports_of_app()) -> Sequence[NodeImage]:
    """The images of a provider."""
    return providers.images(ports, name)


@router.get(
    "/providers/{name}/nodes", response_model=list[NodeOut], tags=[OPERATORS], dependencies=[requires(PLATFORM)]
)
def list_nodes(name: Id, tenant_id: Text | None = None, ports: Ports = ports_of_app()) -> Sequence[Node]:
    """What a provider holds, from the provider itself: what orphans are looked for with."""
    return providers.nodes(ports, name, tenant_id)

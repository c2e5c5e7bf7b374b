"""The catalogue of flavors."""

from __future__ import annotations

from services.compute.api.common import READ
from services.compute.domain.flavors import FLAVORS
from services.compute.schemas import FlavorOut
from shared.web.fastapi import ApiRouter, requires

router = ApiRouter()


@router.get("/flavors", response_model=list[FlavorOut], dependencies=[requires(READ)])
def list_flavors() -> list[FlavorOut]:
    """The catalogue of flavors, smallest first."""
    return [
        FlavorOut(
            name=flavor.name,
            vcpus=flavor.resources.vcpus,
            memory_mib=flavor.resources.memory_mib,
            disk_gib=flavor.resources.disk_gib,
        )
        for flavor in FLAVORS.values()
    ]

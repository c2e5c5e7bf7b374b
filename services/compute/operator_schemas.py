"""What goes over the wire at the end points of platform operators."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from services.compute.domain.cloud.simulated import FaultKind
from services.compute.domain.hosts import DEFAULT_MAX_INSTANCES, HostState
from services.compute.domain.inventory import MAX_UNIT, Inventory
from services.compute.domain.resources import ResourceClass
from services.compute.schemas import Exact, In, Out


class InventoryIn(In):
    """One resource of a host, in base units: millicores, MiB, GiB."""

    resource_class: ResourceClass
    total: int = Field(ge=1, le=2**53)
    reserved: int = Field(default=0, ge=0)
    allocation_ratio: Decimal = Field(default=Decimal(1), gt=0, max_digits=9, decimal_places=4)
    min_unit: int = Field(default=1, ge=1)
    max_unit: int = Field(default=MAX_UNIT, ge=1)
    step_unit: int = Field(default=1, ge=1)

    def inventory(self) -> Inventory:
        """The inventory as the domain has it. Raises InvalidInventory."""
        return Inventory(**self.model_dump())


class HostCreate(In):
    """A new host."""

    zone: str
    dedicated_tenant_id: str | None = None
    max_instances: int = Field(default=DEFAULT_MAX_INSTANCES, ge=1)
    inventories: list[InventoryIn] = Field(min_length=1, max_length=len(ResourceClass))

    @model_validator(mode="after")
    def one_of_each(self) -> HostCreate:
        """A resource once."""
        if len({entry.resource_class for entry in self.inventories}) < len(self.inventories):
            raise ValueError("a resource class may be named once")
        return self


class HostPatch(In):
    """What an operator changes of a host."""

    enabled: bool | None = None
    max_instances: int | None = Field(default=None, ge=1)
    inventories: list[InventoryIn] | None = Field(default=None, min_length=1, max_length=len(ResourceClass))


class ResourceOut(Out):
    """One resource of a host: what it has, what may be claimed and what is."""

    total: int
    reserved: int
    allocation_ratio: Exact
    min_unit: int
    max_unit: int
    step_unit: int
    capacity: int
    used: int


class HostOut(Out):
    """A host. `version` is its generation: every claim makes the next one."""

    id: str
    provider: str
    region: str
    zone: str
    enabled: bool
    dedicated_tenant_id: str | None
    instances: int
    max_instances: int
    resources: dict[ResourceClass, ResourceOut]
    version: int

    @classmethod
    def of(cls, host: HostState) -> HostOut:
        """From the host as placement sees it."""
        resources = {
            kind: ResourceOut(
                **{name: getattr(inventory, name) for name in ResourceOut.model_fields if name != "used"},
                used=host.used_of(kind),
            )
            for kind, inventory in host.inventories.items()
        }
        plain = {name: getattr(host, name) for name in cls.model_fields if name not in ("resources", "version")}
        return cls(**plain, resources=resources, version=host.generation)


class HostPage(Out):
    """One page of hosts."""

    items: list[HostOut]
    next_cursor: str | None


class FaultCreate(In):
    """A failure of the next `remaining` requests that match."""

    operation: Literal["create_node", "destroy_node", "start_node", "stop_node", "resize_node"]
    kind: FaultKind
    provider: str | None = None
    tenant_id: str | None = None
    latency_ms: int = Field(default=0, ge=0, le=60_000)
    remaining: int = Field(default=1, ge=1, le=1000)


class FaultOut(FaultCreate, Out):
    """A planned fault."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")

    id: str
    remaining: int = Field(ge=0)


class NodeOut(Out):
    """A node at a provider."""

    id: str
    name: str
    state: str
    provider: str
    location: str
    host: str
    image: str
    client_token: str

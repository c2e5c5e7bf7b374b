"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from services.compute.domain.cloud.simulated import FaultKind
from services.compute.domain.hosts import DEFAULT_MAX_INSTANCES, HostState
from services.compute.domain.inventory import MAX_UNIT, Inventory
from services.compute.domain.placement import Spreading, Tenancy
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.domain.server_groups import GroupPolicy
from services.compute.operations.instances import Order
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.utils.units import parse_mib

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9._ -]*)$")]
"""A name for people: letters, digits, dot, underscore, blank and hyphen."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=63)]
Labels = Annotated[dict[Label, Annotated[str, StringConstraints(max_length=255)]], Field(max_length=50)]
Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)]
"""A decimal that goes out as text, without trailing zeros."""


class In(BaseModel):
    """What comes in: nothing that isn't known."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What goes out, made from objects."""

    model_config = ConfigDict(from_attributes=True)


class Size(In):
    """A custom size. Memory is a number of MiB or text with a unit such as `8GiB`."""

    vcpus: Decimal = Field(gt=0, le=1024, max_digits=7, decimal_places=3)
    memory_mib: int = Field(ge=1, le=MAX_UNIT)
    disk_gib: int = Field(default=0, ge=0, le=MAX_UNIT)

    @model_validator(mode="before")
    @classmethod
    def read_memory(cls, values: Any) -> Any:
        """`memory` with a unit stands for `memory_mib`."""
        if isinstance(values, dict) and isinstance(values.get("memory"), str):
            values = {**values, "memory_mib": parse_mib(values["memory"])}
            del values["memory"]
        return values

    def resources(self) -> Resources:
        """The size as the domain has it."""
        return Resources(self.vcpus, self.memory_mib, self.disk_gib)


class InstanceCreate(In):
    """A new instance: a flavor or a size, and where it may run."""

    name: Name
    image: str = "debian-12"
    flavor: str | None = None
    size: Size | None = None
    provider: str | None = None
    region: str | None = None
    zone: str | None = None
    tenancy: Tenancy = Tenancy.SHARED
    spreading: Spreading = Spreading.SPREAD
    group_id: str | None = None
    deferred_start: bool = False
    """Keep the instance pending, with its capacity held, until a transition to `provisioning` is asked for."""
    labels: Labels = {}

    @model_validator(mode="after")
    def one_size(self) -> InstanceCreate:
        """Exactly one of flavor and size."""
        if (self.flavor is None) == (self.size is None):
            raise ValueError("name either a flavor or a size")
        return self

    def order(self) -> Order:
        """The order as the operation takes it."""
        size = self.size.resources() if self.size else None
        return Order(**{**self.model_dump(exclude={"size"}), "size": size})


class InstanceChange(In):
    """What may change of an instance without its provider."""

    name: Name | None = None
    labels: Labels | None = None


class Transition(In):
    """The state asked for."""

    target: ResourceState


class Resize(In):
    """The flavor asked for."""

    flavor: str


class Placement(Out):
    """Where an instance is."""

    provider: str
    region: str
    zone: str
    host_id: str


class InstanceOut(Out):
    """An instance."""

    id: str
    name: str
    state: ResourceState
    flavor: str | None
    vcpus: Exact
    memory_mib: int
    disk_gib: int
    image: str
    placement: Placement
    tenancy: Tenancy
    group_id: str | None
    deferred_start: bool
    labels: dict[str, str]
    node_id: str | None
    last_error: str | None
    metered_from: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @model_validator(mode="before")
    @classmethod
    def with_placement(cls, row: Any) -> Any:
        """The row's place, as an object of its own."""
        if not isinstance(row, Instance):
            return row
        return {**{name: getattr(row, name) for name in cls.model_fields if name != "placement"}, "placement": row}


class InstancePage(Out):
    """One page of instances."""

    items: list[InstanceOut]
    next_cursor: str | None


class GroupCreate(In):
    """A new server group."""

    name: Name
    policy: GroupPolicy


class GroupOut(Out):
    """A server group; `members` are the instances that hold capacity."""

    id: str
    name: str
    policy: GroupPolicy
    members: int = 0
    hosts: list[str] = []
    created_at: datetime
    version: int


class GroupPage(Out):
    """One page of server groups."""

    items: list[GroupOut]
    next_cursor: str | None


class ZoneOut(Out):
    """A zone of the catalogue."""

    name: str
    provider: str
    region: str
    enabled: bool


class FlavorOut(Out):
    """A flavor."""

    name: str
    vcpus: Exact
    memory_mib: int
    disk_gib: int


class ImageOut(Out):
    """An image."""

    id: str
    name: str


class UsageFlushed(Out):
    """How many usage records were made."""

    recorded: int


# What platform operators send and get.


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

"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from services.compute.domain.cloud.simulated import FaultKind
from services.compute.domain.hosts import DEFAULT_MAX_INSTANCES, HostState
from services.compute.domain.inventory import MAX_UNIT, Inventory
from services.compute.domain.migrations import MigrationKind, MigrationStatus
from services.compute.domain.names import without_controls
from services.compute.domain.placement import Spreading, Tenancy
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.domain.server_groups import GroupPolicy
from services.compute.operations.instances import Order
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.utils.units import parse_mib
from shared.web.schemas import Body, Out

_ONE_LINE = {"pattern": r"^[^\x00-\x1f\x7f]*$"}
"""What `without_controls` asks, for the document."""
Text = Annotated[
    str, StringConstraints(max_length=255), AfterValidator(without_controls), Field(json_schema_extra=_ONE_LINE)
]
"""Any text of one line."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9._ -]*)$")]
"""A name for people: letters, digits, dot, underscore, blank and hyphen."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=63), AfterValidator(without_controls)]
_LABELS = {"propertyNames": {"minLength": 1, "maxLength": 63, **_ONE_LINE}}
Labels = Annotated[dict[Label, Text], Field(max_length=50, json_schema_extra=_LABELS)]
Count = Annotated[int, Field(ge=1, le=MAX_UNIT)]
Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)]
"""A decimal that goes out as text, without trailing zeros."""

UP_TO_1024 = r"1024(?!\.0*[1-9])|10[01][0-9]|102[0-3]|[0-9]{1,3}"


def _positive(whole: str, places: int, **bounds: Any) -> dict[str, Any]:
    """The document's words for a positive decimal, as a number or as text: pydantic's own say nothing of its digits."""
    text = rf"^(?=[0-9.]*[1-9])({whole})(\.[0-9]{{1,{places}}})?$"
    number = {"type": "number", "exclusiveMinimum": 0, "multipleOf": float(f"1e-{places}"), **bounds}
    return {"anyOf": [number, {"type": "string", "pattern": text}]}


class Size(Body):
    """A custom size. Memory is a number of MiB or text with a unit such as `8GiB`."""

    vcpus: Decimal = Field(
        gt=0, le=1024, max_digits=7, decimal_places=3, json_schema_extra=_positive(UP_TO_1024, 3, maximum=1024)
    )
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


class InstanceCreate(Body):
    """A new instance: a flavor or a size, and where it may run."""

    name: Name
    image: Text = "debian-12"
    flavor: Text | None = None
    size: Size | None = None
    provider: Text | None = None
    region: Text | None = None
    zone: Text | None = None
    tenancy: Tenancy = Tenancy.SHARED
    spreading: Spreading = Spreading.SPREAD
    group_id: Text | None = None
    deferred_start: bool = False
    """Keep the instance pending, with its capacity held, until a transition to `provisioning` is asked for."""
    preemptible: bool = False
    """Give way, and be deleted, as soon as an order that isn't preemptible finds no other room."""
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


class InstanceChange(Body):
    """What may change of an instance without its provider."""

    name: Name | None = None
    labels: Labels | None = None


class Transition(Body):
    """The state asked for."""

    target: ResourceState


class Resize(Body):
    """The flavor asked for."""

    flavor: Text


class Reset(Body):
    """The state that an operator knows the instance to be in."""

    state: Literal["active", "failed"]


class Move(Body):
    """Where to; to the best host of the zone unless one is named."""

    host_id: Text | None = None


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
    preemptible: bool
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


class MigrationOut(Out):
    """A move of an instance."""

    id: str
    instance_id: str
    kind: MigrationKind
    status: MigrationStatus
    source_host: str
    dest_host: str
    error: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class GroupCreate(Body):
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


class InventoryIn(Body):
    """One resource of a host, in base units: millicores, MiB, GiB."""

    resource_class: ResourceClass
    total: int = Field(ge=1, le=2**53)
    reserved: int = Field(default=0, ge=0)
    allocation_ratio: Decimal = Field(
        default=Decimal(1),
        gt=0,
        max_digits=9,
        decimal_places=4,
        json_schema_extra=_positive("[0-9]{1,5}", 4, exclusiveMaximum=10**5),
    )
    min_unit: int = Field(default=1, ge=1)
    max_unit: int = Field(default=MAX_UNIT, ge=1, le=MAX_UNIT)
    step_unit: int = Field(default=1, ge=1, le=MAX_UNIT)

    def inventory(self) -> Inventory:
        """The inventory as the domain has it. Raises InvalidInventory."""
        return Inventory(**self.model_dump())


def one_of_each(inventories: list[InventoryIn]) -> list[InventoryIn]:
    """A resource once."""
    if len({entry.resource_class for entry in inventories}) < len(inventories):
        raise ValueError("a resource class may be named once")
    return inventories


Inventories = Annotated[
    list[InventoryIn], Field(min_length=1, max_length=len(ResourceClass)), AfterValidator(one_of_each)
]


class HostCreate(Body):
    """A new host."""

    zone: Text
    dedicated_tenant_id: Text | None = None
    max_instances: Count = DEFAULT_MAX_INSTANCES
    inventories: Inventories


class HostPatch(Body):
    """What an operator changes of a host."""

    enabled: bool | None = None
    forced_down: bool | None = None
    """The host is known to be dead: it takes nothing, and what is on it can be evacuated (Nova's `forced_down`)."""
    max_instances: Count | None = None
    inventories: Inventories | None = None


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
    forced_down: bool
    evacuating: bool
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


class FaultCreate(Body):
    """A failure of the next `remaining` requests that match."""

    operation: Literal[
        "create_node", "destroy_node", "start_node", "stop_node", "resize_node", "migrate_node", "rebuild_node"
    ]
    kind: FaultKind
    provider: Text | None = None
    tenant_id: Text | None = None
    latency_ms: int = Field(default=0, ge=0, le=60_000)
    remaining: int = Field(default=1, ge=1, le=1000)


class FaultOut(FaultCreate, Out):
    """A planned fault."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")

    id: str
    remaining: int = Field(ge=0)
    version: int


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

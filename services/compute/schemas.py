"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from services.compute.domain.affinity import GroupPolicy
from services.compute.domain.inventory import MAX_UNIT
from services.compute.domain.placement import Spreading, Tenancy
from services.compute.domain.resources import Resources
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

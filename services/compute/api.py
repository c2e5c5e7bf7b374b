"""End points of tenants: instances, server groups, catalogues and usage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from services.compute.domain.cloud.driver import NodeImage
from services.compute.domain.flavors import FLAVORS
from services.compute.operations import hosts, instances, metering
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository, ServerGroupRepository, ZoneRepository
from services.compute.schemas import (
    FlavorOut,
    GroupCreate,
    GroupOut,
    GroupPage,
    ImageOut,
    InstanceChange,
    InstanceCreate,
    InstanceOut,
    InstancePage,
    Resize,
    Transition,
    UsageFlushed,
    ZoneOut,
)
from services.compute.tables import Instance, ServerGroup, Zone
from shared.infra.state_machine import ResourceState
from shared.kernel.context import RequestContext
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires

router = ApiRouter()

READ, WRITE = "compute:read", "compute:write"


def _ports(request: Request) -> Ports:
    ports: Ports = request.app.state.ports
    return ports


def ports_of_app() -> Any:
    """Dependency: the ports that the composition root made."""
    return Depends(_ports)


@router.post("/instances", status_code=201, response_model=InstanceOut)
def create_instance(
    body: InstanceCreate,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Place an instance and begin to build it."""
    return instances.create_instance(session, ports, body.order())


@router.get("/instances", response_model=InstancePage)
def list_instances(
    page: PageQuery,
    state: ResourceState | None = None,
    zone: str | None = None,
    group_id: str | None = None,
    ctx: RequestContext = requires(READ),
    session: Session = database(),
) -> Page[Instance]:
    """The tenant's instances, oldest first."""
    wanted = {Instance.state: state, Instance.zone: zone, Instance.group_id: group_id}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return InstanceRepository(session).page(page, *conditions)


@router.get("/instances/{id}", response_model=InstanceOut)
def get_instance(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Instance:
    """One instance."""
    return InstanceRepository(session).get(id)


@router.patch("/instances/{id}", response_model=InstanceOut)
def change_instance(
    id: str,
    body: InstanceChange,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Instance:
    """Rename or relabel."""
    return instances.change_instance(session, id, name=body.name, labels=body.labels, expected=expected)


@router.post("/instances/{id}/transitions", status_code=202, response_model=InstanceOut)
def request_transition(
    id: str,
    body: Transition,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Ask for another state of the life cycle."""
    return instances.request_transition(session, ports, id, body.target, expected)


@router.post("/instances/{id}/stop", status_code=202, response_model=InstanceOut)
def stop_instance(
    id: str,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Stop a running instance."""
    return instances.request_transition(session, ports, id, ResourceState.STOPPING, expected)


@router.post("/instances/{id}/start", status_code=202, response_model=InstanceOut)
def start_instance(
    id: str,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Start a stopped instance."""
    return instances.request_transition(session, ports, id, ResourceState.STARTING, expected)


@router.post("/instances/{id}/resize", status_code=202, response_model=InstanceOut)
def resize_instance(
    id: str,
    body: Resize,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Give an instance another flavor."""
    return instances.resize_instance(session, ports, id, body.flavor, expected)


@router.delete("/instances/{id}", status_code=202, response_model=InstanceOut)
def delete_instance(
    id: str,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Begin to delete; the record is gone once the provider has confirmed."""
    return instances.delete_instance(session, ports, id, expected)


@router.post("/server-groups", status_code=201, response_model=GroupOut)
def create_group(
    body: GroupCreate, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> ServerGroup:
    """A new server group."""
    return hosts.create_group(session, body.name, body.policy)


@router.get("/server-groups", response_model=GroupPage)
def list_groups(page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()) -> Any:
    """The tenant's server groups with their members' hosts."""
    groups = ServerGroupRepository(session)
    found = groups.page(page)
    members = groups.member_hosts([group.id for group in found.items])
    return {"items": [_group_out(group, members[group.id]) for group in found.items], "next_cursor": found.next_cursor}


@router.get("/server-groups/{id}", response_model=GroupOut)
def get_group(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> GroupOut:
    """One server group."""
    groups = ServerGroupRepository(session)
    group = groups.get(id)
    return _group_out(group, groups.member_hosts([group.id])[group.id])


def _group_out(group: ServerGroup, hosts_of_members: Sequence[str]) -> GroupOut:
    shown = GroupOut.model_validate(group)
    return shown.model_copy(update={"members": len(hosts_of_members), "hosts": sorted(set(hosts_of_members))})


@router.delete("/server-groups/{id}", status_code=204)
def delete_group(id: str, ctx: RequestContext = requires(WRITE), session: Session = database()) -> None:
    """Remove an empty server group."""
    hosts.delete_group(session, id)


@router.post("/usage/flush", response_model=UsageFlushed)
def flush_usage(
    ctx: RequestContext = requires(WRITE), session: Session = database(), ports: Ports = ports_of_app()
) -> UsageFlushed:
    """Record the usage of the tenant's running instances up to now."""
    return UsageFlushed(recorded=metering.flush_usage(session, ports.clock))


@router.get("/zones", response_model=list[ZoneOut])
def list_zones(ctx: RequestContext = requires(READ), session: Session = database()) -> Sequence[Zone]:
    """The catalogue of zones."""
    return ZoneRepository(session).all()


@router.get("/flavors", response_model=list[FlavorOut])
def list_flavors(ctx: RequestContext = requires(READ)) -> list[FlavorOut]:
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


@router.get("/providers/{name}/images", response_model=list[ImageOut])
def list_images(name: str, ctx: RequestContext = requires(READ), ports: Ports = ports_of_app()) -> Sequence[NodeImage]:
    """The images of a provider."""
    return ports.clouds.driver(name).list_images()

"""End points of platform operators: hosts, what providers really hold, and drills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.compute.api import ports_of_app
from services.compute.domain.cloud.driver import Node
from services.compute.operations import hosts
from services.compute.operator_schemas import (
    FaultCreate,
    FaultOut,
    HostCreate,
    HostOut,
    HostPage,
    HostPatch,
    NodeOut,
)
from services.compute.ports import Ports
from services.compute.repository import FaultRepository, HostRepository
from services.compute.tables import SimulatedFault
from shared.kernel.context import RequestContext
from shared.utils.ids import new_id
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires
from shared.web.permissions import PLATFORM

router = ApiRouter(tags=["operators"])


@router.post("/hosts", status_code=201, response_model=HostOut)
def create_host(body: HostCreate, ctx: RequestContext = requires(PLATFORM), session: Session = database()) -> HostOut:
    """Add a host to a zone."""
    return HostOut.of(
        hosts.create_host(
            session,
            body.zone,
            [entry.inventory() for entry in body.inventories],
            dedicated_tenant_id=body.dedicated_tenant_id,
            max_instances=body.max_instances,
        )
    )


@router.get("/hosts", response_model=HostPage)
def list_hosts(
    page: PageQuery,
    zone: str | None = None,
    ctx: RequestContext = requires(PLATFORM),
    session: Session = database(),
) -> Any:
    """Hosts with their capacity and what is claimed of it."""
    found = HostRepository(session).page(page, zone)
    return {"items": [HostOut.of(host) for host in found.items], "next_cursor": found.next_cursor}


@router.get("/hosts/{id}", response_model=HostOut)
def get_host(id: str, ctx: RequestContext = requires(PLATFORM), session: Session = database()) -> HostOut:
    """One host."""
    return HostOut.of(HostRepository(session).state(id))


@router.patch("/hosts/{id}", response_model=HostOut)
def change_host(
    id: str,
    body: HostPatch,
    expected: ExpectedVersion,
    ctx: RequestContext = requires(PLATFORM),
    session: Session = database(),
) -> HostOut:
    """Open or close a host for placement, or change what it has."""
    inventories = None if body.inventories is None else tuple(entry.inventory() for entry in body.inventories)
    change = hosts.HostChange(body.enabled, body.max_instances, inventories)
    return HostOut.of(hosts.change_host(session, id, change, expected))


@router.delete("/hosts/{id}", status_code=204)
def delete_host(id: str, ctx: RequestContext = requires(PLATFORM), session: Session = database()) -> None:
    """Remove a host that holds nothing."""
    hosts.delete_host(session, id)


@router.get("/providers/{name}/nodes", response_model=list[NodeOut])
def list_nodes(
    name: str, tenant_id: str | None = None, ctx: RequestContext = requires(PLATFORM), ports: Ports = ports_of_app()
) -> Sequence[Node]:
    """What a provider holds, from the provider itself: what orphans are looked for with."""
    nodes = ports.clouds.driver(name).list_nodes()
    return [node for node in nodes if tenant_id is None or node.name.startswith(f"{tenant_id}/")]


@router.post("/drills/faults", status_code=201, response_model=FaultOut)
def plan_fault(
    body: FaultCreate, ctx: RequestContext = requires(PLATFORM), session: Session = database()
) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail."""
    fields = {**body.model_dump(), "kind": body.kind.value}
    return hosts.plan_fault(session, SimulatedFault(id=new_id("fault"), **fields))


@router.get("/drills/faults", response_model=list[FaultOut])
def list_faults(ctx: RequestContext = requires(PLATFORM), session: Session = database()) -> Sequence[SimulatedFault]:
    """Planned faults, used up ones included."""
    return FaultRepository(session).all()


@router.delete("/drills/faults/{id}", status_code=204)
def cancel_fault(id: str, ctx: RequestContext = requires(PLATFORM), session: Session = database()) -> None:
    """Call a fault off."""
    hosts.cancel_fault(session, id)

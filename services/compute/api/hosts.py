"""Hosts, for platform operators."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.api.common import OPERATORS, Id
from services.compute.operations import hosts
from services.compute.repository import HostRepository
from services.compute.schemas import HostCreate, HostOut, HostPatch, Text
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires
from shared.web.permissions import PLATFORM
from shared.web.schemas import PageOut

router = ApiRouter(tags=[OPERATORS])


@router.post("/hosts", status_code=201, response_model=HostOut, dependencies=[requires(PLATFORM)])
def create_host(body: HostCreate, session: Session = database()) -> HostOut:
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


@router.get("/hosts", response_model=PageOut[HostOut], dependencies=[requires(PLATFORM)])
def list_hosts(page: PageQuery, zone: Text | None = None, session: Session = database()) -> PageOut[HostOut]:
    """Hosts with their capacity and what is claimed of it."""
    found = HostRepository(session).page(page, zone)
    return PageOut[HostOut](items=[HostOut.of(host) for host in found.items], next_cursor=found.next_cursor)


@router.get("/hosts/{id}", response_model=HostOut, dependencies=[requires(PLATFORM)])
def get_host(id: Id, session: Session = database()) -> HostOut:
    """One host."""
    return HostOut.of(HostRepository(session).state(id))


@router.patch("/hosts/{id}", response_model=HostOut, dependencies=[requires(PLATFORM)])
def change_host(id: Id, body: HostPatch, expected: ExpectedVersion, session: Session = database()) -> HostOut:
    """Open or close a host for placement, mark it as down or up, or change what it has."""
    inventories = None if body.inventories is None else tuple(entry.inventory() for entry in body.inventories)
    change = hosts.HostChange(body.enabled, body.forced_down, body.max_instances, inventories)
    return HostOut.of(hosts.change_host(session, id, change, expected))


@router.post("/hosts/{id}/evacuate", status_code=202, response_model=HostOut, dependencies=[requires(PLATFORM)])
def evacuate_host(id: Id, expected: ExpectedVersion, session: Session = database()) -> HostOut:
    """Have all that is left on a dead host rebuilt elsewhere, each instance as soon as there is room."""
    return HostOut.of(hosts.evacuate_host(session, id, expected))


@router.delete("/hosts/{id}", status_code=204, dependencies=[requires(PLATFORM)])
def delete_host(id: Id, expected: ExpectedVersion, session: Session = database()) -> None:
    """Remove a host that holds nothing."""
    hosts.delete_host(session, id, expected)

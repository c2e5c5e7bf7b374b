"""End points of loadbalancer: parse, call an operation, return."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.orm import Session

from services.loadbalancer import operations, traffic
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository, PoolRepository
from services.loadbalancer.schemas import (
    BackendChange,
    BackendCreate,
    BackendNamed,
    BackendOut,
    CheckReport,
    ListenersChange,
    LoadBalancerCreate,
    LoadBalancerOut,
    OutcomeReport,
    PageOut,
    PickOut,
    PickRequest,
    PoolChange,
    PoolCreate,
    PoolOut,
)
from services.loadbalancer.tables import BackendRow, LoadBalancer, Pool
from shared.kernel.context import RequestContext
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires

router = ApiRouter()
READ, WRITE = "loadbalancer:read", "loadbalancer:write"


def _ports(request: Request) -> Ports:
    ports: Ports = request.app.state.ports
    return ports


PortsOf = Annotated[Ports, Depends(_ports)]


@router.post("/pools", status_code=201, response_model=PoolOut)
def create_pool(body: PoolCreate, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Pool:
    """Create a pool."""
    return operations.create_pool(session, body.model_dump())


@router.get("/pools", response_model=PageOut[PoolOut])
def list_pools(page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()) -> Page[Pool]:
    """The tenant's pools with their backends."""
    return PoolRepository(session).with_backends(page)


@router.get("/pools/{id}", response_model=PoolOut)
def get_pool(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Pool:
    """One pool with its backends."""
    return PoolRepository(session).get(id)


@router.patch("/pools/{id}", response_model=PoolOut)
def change_pool(
    id: str,
    body: PoolChange,
    version: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Pool:
    """Change how a pool balances and checks."""
    return operations.change_pool(session, id, body.model_dump(exclude_unset=True), version)


@router.delete("/pools/{id}", status_code=204)
def delete_pool(id: str, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """Delete a pool that no listener uses."""
    operations.delete_pool(session, id)
    return Response(status_code=204)


@router.post("/pools/{id}/backends", status_code=201, response_model=BackendOut)
def add_backend(
    id: str, body: BackendCreate, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> BackendRow:
    """Add a backend to a pool."""
    return operations.add_backend(session, ports, id, **body.model_dump())


@router.patch("/pools/{id}/backends/{backend_id}", response_model=BackendOut)
def change_backend(
    id: str,
    backend_id: str,
    body: BackendChange,
    version: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> BackendRow:
    """Change a backend's weight, or drain it."""
    return operations.change_backend(session, id, backend_id, body.model_dump(exclude_unset=True), version)


@router.delete("/pools/{id}/backends/{backend_id}", status_code=204)
def remove_backend(
    id: str, backend_id: str, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Response:
    """Take a backend out of its pool."""
    operations.remove_backend(session, id, backend_id)
    return Response(status_code=204)


@router.post("/pools/{id}/pick", response_model=PickOut)
def pick(
    id: str, body: PickRequest, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> traffic.Picked:
    """Choose the backend of a new connection."""
    return traffic.pick(session, ports, id, body.key, body.session_backend_id)


@router.post("/pools/{id}/release", response_model=BackendOut)
def close_connection(
    id: str, body: BackendNamed, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> BackendRow:
    """A connection has ended."""
    return traffic.close_connection(session, id, body.backend_id)


@router.post("/pools/{id}/checks", response_model=BackendOut)
def report_check(
    id: str, body: CheckReport, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> BackendRow:
    """Report the result of an active check."""
    return traffic.report_check(session, ports, id, body.backend_id, body.healthy)


@router.post("/pools/{id}/outcomes", response_model=BackendOut)
def report_outcome(
    id: str, body: OutcomeReport, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> BackendRow:
    """Report the outcome of a real request."""
    return traffic.report_outcome(session, ports, id, body.backend_id, body.succeeded)


@router.post("/load-balancers", status_code=201, response_model=LoadBalancerOut)
def create_load_balancer(
    body: LoadBalancerCreate, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> LoadBalancer:
    """Create a load balancer."""
    return operations.create_load_balancer(session, ports, **body.model_dump())


@router.get("/load-balancers", response_model=PageOut[LoadBalancerOut])
def list_load_balancers(
    page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()
) -> Page[LoadBalancer]:
    """The tenant's load balancers."""
    return LoadBalancerRepository(session).with_listeners(page)


@router.get("/load-balancers/{id}", response_model=LoadBalancerOut)
def get_load_balancer(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> LoadBalancer:
    """One load balancer."""
    return LoadBalancerRepository(session).get(id)


@router.put("/load-balancers/{id}/listeners", response_model=LoadBalancerOut)
def change_listeners(
    id: str,
    body: ListenersChange,
    version: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> LoadBalancer:
    """Replace the listeners of a load balancer."""
    return operations.change_listeners(session, id, body.model_dump()["listeners"], version)


@router.delete("/load-balancers/{id}", status_code=204)
def delete_load_balancer(
    id: str, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Response:
    """Delete a load balancer; its pools stay."""
    operations.delete_load_balancer(session, ports, id)
    return Response(status_code=204)


@router.get("/load-balancers/{id}/haproxy.cfg", response_class=PlainTextResponse)
def haproxy_configuration(
    id: str, ctx: RequestContext = requires(READ), session: Session = database()
) -> PlainTextResponse:
    """The load balancer as an HAProxy configuration."""
    return PlainTextResponse(operations.haproxy_configuration(session, id))

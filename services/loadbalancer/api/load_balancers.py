"""End points of load balancers."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.orm import Session

from services.loadbalancer.api.common import READ, WRITE
from services.loadbalancer.operations import load_balancers
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository
from services.loadbalancer.schemas import ListenersChange, LoadBalancerCreate, LoadBalancerOut
from services.loadbalancer.tables import LoadBalancer
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/load-balancers", status_code=201, response_model=LoadBalancerOut, dependencies=[requires(WRITE)])
def create_load_balancer(
    body: LoadBalancerCreate, ports: Ports = ports_of_app(), session: Session = database()
) -> LoadBalancer:
    """Create a load balancer."""
    return load_balancers.create_load_balancer(session, ports, **body.model_dump())


@router.get("/load-balancers", response_model=PageOut[LoadBalancerOut], dependencies=[requires(READ)])
def list_load_balancers(page: PageQuery, session: Session = database()) -> Page[LoadBalancer]:
    """The tenant's load balancers."""
    return LoadBalancerRepository(session).with_listeners(page)


@router.get("/load-balancers/{id}", response_model=LoadBalancerOut, dependencies=[requires(READ)])
def get_load_balancer(id: str, session: Session = database()) -> LoadBalancer:
    """One load balancer."""
    return LoadBalancerRepository(session).get(id)


@router.put("/load-balancers/{id}/listeners", response_model=LoadBalancerOut, dependencies=[requires(WRITE)])
def change_listeners(
    id: str, body: ListenersChange, version: ExpectedVersion, session: Session = database()
) -> LoadBalancer:
    """Replace the listeners of a load balancer."""
    return load_balancers.change_listeners(session, id, body.model_dump()["listeners"], version)


@router.delete("/load-balancers/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_load_balancer(
    id: str, version: ExpectedVersion, ports: Ports = ports_of_app(), session: Session = database()
) -> Response:
    """Delete a load balancer; its pools stay."""
    load_balancers.delete_load_balancer(session, ports, id, version)
    return Response(status_code=204)


@router.get("/load-balancers/{id}/haproxy.cfg", response_class=PlainTextResponse, dependencies=[requires(READ)])
def haproxy_configuration(id: str, session: Session = database()) -> PlainTextResponse:
    """The load balancer as an HAProxy configuration."""
    return PlainTextResponse(load_balancers.haproxy_configuration(session, id))

"""End points of pools."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.loadbalancer.api.common import READ, WRITE
from services.loadbalancer.operations import pools
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import PoolRepository
from services.loadbalancer.schemas import PoolChange, PoolCreate, PoolOut
from services.loadbalancer.tables import Pool
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/pools", status_code=201, response_model=PoolOut, dependencies=[requires(WRITE)])
def create_pool(body: PoolCreate, session: Session = database()) -> Pool:
    """Create a pool."""
    return pools.create_pool(session, body.model_dump())


@router.get("/pools", response_model=PageOut[PoolOut], dependencies=[requires(READ)])
def list_pools(page: PageQuery, session: Session = database()) -> Page[Pool]:
    """The tenant's pools with their backends."""
    return PoolRepository(session).with_backends(page)


@router.get("/pools/{id}", response_model=PoolOut, dependencies=[requires(READ)])
def get_pool(id: str, session: Session = database()) -> Pool:
    """One pool with its backends."""
    return PoolRepository(session).get(id)


@router.patch("/pools/{id}", response_model=PoolOut, dependencies=[requires(WRITE)])
def change_pool(
    id: str,
    body: PoolChange,
    version: ExpectedVersion,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> Pool:
    """Change how a pool balances and checks."""
    return pools.change_pool(session, ports, id, body.model_dump(exclude_unset=True), version)


@router.delete("/pools/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_pool(id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Delete a pool that no listener uses."""
    pools.delete_pool(session, id, version)
    return Response(status_code=204)

"""Instances."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.api.common import READ, WRITE
from services.compute.operations import instances
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository
from services.compute.schemas import InstanceChange, InstanceCreate, InstanceOut, InstancePage, Resize, Transition
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires

router = ApiRouter()


@router.post("/instances", status_code=201, response_model=InstanceOut, dependencies=[requires(WRITE)])
def create_instance(body: InstanceCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Instance:
    """Place an instance and begin to build it."""
    return instances.create_instance(session, ports, body.order())


@router.get("/instances", response_model=InstancePage, dependencies=[requires(READ)])
def list_instances(
    page: PageQuery,
    state: ResourceState | None = None,
    zone: str | None = None,
    group_id: str | None = None,
    session: Session = database(),
) -> Page[Instance]:
    """The tenant's instances, oldest first."""
    wanted = {Instance.state: state, Instance.zone: zone, Instance.group_id: group_id}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return InstanceRepository(session).page(page, *conditions)


@router.get("/instances/{id}", response_model=InstanceOut, dependencies=[requires(READ)])
def get_instance(id: str, session: Session = database()) -> Instance:
    """One instance."""
    return InstanceRepository(session).get(id)


@router.patch("/instances/{id}", response_model=InstanceOut, dependencies=[requires(WRITE)])
def change_instance(
    id: str, body: InstanceChange, expected: ExpectedVersion, session: Session = database()
) -> Instance:
    """Rename or relabel."""
    return instances.change_instance(session, id, name=body.name, labels=body.labels, expected=expected)


@router.post("/instances/{id}/transitions", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def request_transition(
    id: str, body: Transition, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Ask for another state of the life cycle."""
    return instances.request_transition(session, ports, id, body.target, expected)


@router.post("/instances/{id}/stop", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def stop_instance(
    id: str, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Stop a running instance."""
    return instances.request_transition(session, ports, id, ResourceState.STOPPING, expected)


@router.post("/instances/{id}/start", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def start_instance(
    id: str, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Start a stopped instance."""
    return instances.request_transition(session, ports, id, ResourceState.STARTING, expected)


@router.post("/instances/{id}/resize", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def resize_instance(
    id: str, body: Resize, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Give an instance another flavor."""
    return instances.resize_instance(session, ports, id, body.flavor, expected)


@router.delete("/instances/{id}", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def delete_instance(
    id: str, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Begin to delete; the record is gone once the provider has confirmed."""
    return instances.delete_instance(session, ports, id, expected)

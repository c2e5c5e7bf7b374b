"""Instances."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.api.common import OPERATORS, READ, WRITE, Id
from services.compute.operations import instances, resetting, resizing
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository
from services.compute.schemas import InstanceChange, InstanceCreate, InstanceOut, Reset, Resize, Text, Transition
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.permissions import PLATFORM
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/instances", status_code=201, response_model=InstanceOut, dependencies=[requires(WRITE)])
def create_instance(body: InstanceCreate, session: Session = database(), ports: Ports = ports_of_app()) -> Instance:
    """Place an instance and begin to build it."""
    return instances.create_instance(session, ports, body.order())


@router.get("/instances", response_model=PageOut[InstanceOut], dependencies=[requires(READ)])
def list_instances(
    page: PageQuery,
    state: ResourceState | None = None,
    zone: Text | None = None,
    group_id: Text | None = None,
    session: Session = database(),
) -> Page[Instance]:
    """The tenant's instances, oldest first."""
    wanted = {Instance.state: state, Instance.zone: zone, Instance.group_id: group_id}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return InstanceRepository(session).page(page, *conditions)


@router.get("/instances/{id}", response_model=InstanceOut, dependencies=[requires(READ)])
def get_instance(id: Id, session: Session = database()) -> Instance:
    """One instance."""
    return InstanceRepository(session).get(id)


@router.patch("/instances/{id}", response_model=InstanceOut, dependencies=[requires(WRITE)])
def change_instance(
    id: Id,
    body: InstanceChange,
    expected: ExpectedVersion,
    session: Session = database(),
    ports: Ports = ports_of_app(),
) -> Instance:
    """Rename or relabel."""
    change = instances.InstanceFacts(body.name, body.labels)
    return instances.change_instance(session, ports, id, change, expected)


@router.post("/instances/{id}/transitions", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def request_transition(
    id: Id, body: Transition, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Ask for another state of the life cycle."""
    return instances.request_transition(session, ports, id, body.target, expected)


@router.post("/instances/{id}/stop", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def stop_instance(
    id: Id, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Stop a running instance."""
    return instances.request_transition(session, ports, id, ResourceState.STOPPING, expected)


@router.post("/instances/{id}/start", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def start_instance(
    id: Id, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Start a stopped instance."""
    return instances.request_transition(session, ports, id, ResourceState.STARTING, expected)


@router.post("/instances/{id}/resize", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def resize_instance(
    id: Id, body: Resize, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Give an instance another flavor, on another host of its zone where its own has no room."""
    return resizing.resize_instance(session, ports, id, body.flavor, expected)


@router.post(
    "/instances/{id}/reset-state", response_model=InstanceOut, tags=[OPERATORS], dependencies=[requires(PLATFORM)]
)
def reset_state(
    id: Id, body: Reset, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Say what state an instance is in, whatever its life cycle has to say; no node is changed."""
    return resetting.reset_state(session, ports, id, ResourceState(body.state), expected)


@router.delete("/instances/{id}", status_code=202, response_model=InstanceOut, dependencies=[requires(WRITE)])
def delete_instance(
    id: Id, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Begin to delete; the record is gone once the provider has confirmed."""
    return instances.delete_instance(session, ports, id, expected)

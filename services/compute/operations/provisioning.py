"""What happens between a request and its result at the provider. Runs in threads of its own, at least once.

Each step asks the provider first and changes the record after. A crash in between repeats the step, and every provider
request can be repeated without a second effect. One transaction at a time works on an instance: of two steps at once
one could fail and return what the other one uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.cloud.driver import (
    CloudError,
    Node,
    NodeDriver,
    NodeImage,
    NodeLocation,
    NodeNotFound,
    NodeSize,
    NodeState,
)
from services.compute.domain.errors import NoValidHost
from services.compute.domain.instances import node_name
from services.compute.domain.migrations import MigrationKind
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.operations.migrations import end_move
from services.compute.operations.placing import hold_capacity, return_claims, size_of
from services.compute.operations.resizing import end_resize, is_resized, size_wanted
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository, MigrationRepository
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.utils.retry import call_with_retry

PROVIDER_ATTEMPTS = 4
"""Of a request that fails for the moment; with back-off that is about a second, then the instance fails."""

S = ResourceState


def begin(session: Session, ports: Ports, instance_id: str) -> None:
    """A new instance exists: its build begins unless it was deferred, elsewhere where its host has died since."""
    instance = InstanceRepository(session).find(instance_id, lock=True)
    if instance is None or instance.state != S.PENDING or instance.deferred_start:
        return
    try:
        hold_capacity(session, instance)
    except NoValidHost as error:
        return_claims(session, instance.id)
        change_state(session, ports, instance, S.FAILED, error=error.detail)
    else:
        change_state(session, ports, instance, S.PROVISIONING)


def advance(session: Session, ports: Ports, instance_id: str) -> None:
    """Do what the instance's present state waits for; nothing in a state that waits for nothing, and nothing while
    another transaction works on the instance: what it leaves to be done is taken up later."""
    instances = InstanceRepository(session)
    if not instances.take_in_hand(instance_id):
        return
    instance = instances.find(instance_id)
    step = STEPS.get(ResourceState(instance.state)) if instance else None
    if instance is not None and step is not None:
        step(session, ports, instance)


def _ask(request: Callable[[], Any]) -> Any:
    """The provider's answer, asked again while it fails for the moment. Raises CloudError."""
    return call_with_retry(
        request,
        retry_on=lambda error: isinstance(error, CloudError) and error.transient,
        attempts=PROVIDER_ATTEMPTS,
        first_wait=0.05,
        max_wait=0.5,
    )


def _locked_in(session: Session, instance: Instance, state: ResourceState) -> Instance | None:
    """The instance, locked and read anew; None when it left `state` while the provider worked."""
    present = InstanceRepository(session).find(instance.id, lock=True)
    return present if present is not None and present.state == state else None


def _build(session: Session, ports: Ports, instance: Instance) -> None:
    """Have the node made. One that gives way to this instance goes first: its node still takes the room."""
    if InstanceRepository(session).gives_way_to(instance.id):
        return
    driver = ports.clouds.driver(instance.provider)
    try:
        node: Node = _ask(lambda: _running_node(driver, instance))
    except CloudError as error:
        _fail_build(session, ports, instance, driver, error)
        return
    present = InstanceRepository(session).find(instance.id, lock=True)
    if present is None:
        return
    present.node_id = node.id
    if present.state == S.PROVISIONING:
        change_state(session, ports, present, S.ACTIVE)


def _running_node(driver: NodeDriver, instance: Instance) -> Node:
    """A running node on the instance's host: a new one, or the one that an earlier attempt left, set right."""
    node = _create_node(driver, instance)
    if node.host != instance.host_id:
        driver.ex_rebuild_node(node, instance.host_id)
    if node.state is not NodeState.RUNNING:
        driver.start_node(node)
    return node


def _create_node(driver: NodeDriver, instance: Instance, host_id: str | None = None) -> Node:
    return driver.create_node(
        node_name(instance.tenant_id, instance.id),
        _size(instance.flavor, size_of(instance)),
        NodeImage(instance.image, instance.image),
        NodeLocation(instance.zone, instance.zone),
        ex_host=host_id or instance.host_id,
        ex_client_token=instance.id,
    )


def _node_of(driver: NodeDriver, instance: Instance) -> Node:
    """The instance's node. Raises NodeNotFound."""
    node = driver.ex_find_node(instance.id)
    if node is None:
        raise NodeNotFound(f"{instance.provider} has no node of {instance.id}")
    return node


def _fail_build(session: Session, ports: Ports, instance: Instance, driver: NodeDriver, error: CloudError) -> None:
    """The build failed: the claims are returned, unless the provider has a node after all."""
    left_over = driver.ex_find_node(instance.id)
    present = _locked_in(session, instance, S.PROVISIONING)
    if present is None:
        return
    if left_over is None:
        return_claims(session, present.id)
    else:
        present.node_id = left_over.id
    change_state(session, ports, present, S.FAILED, error=str(error))


def _power(
    request: Callable[[NodeDriver, Node], bool], done: ResourceState
) -> Callable[[Session, Ports, Instance], None]:
    """A step that starts or stops the node."""

    def step(session: Session, ports: Ports, instance: Instance) -> None:
        before = ResourceState(instance.state)
        driver = ports.clouds.driver(instance.provider)
        error: str | None = None
        try:
            _ask(lambda: request(driver, _node_of(driver, instance)))
        except CloudError as failure:
            error = str(failure)
        present = _locked_in(session, instance, before)
        if present is not None:
            change_state(session, ports, present, S.FAILED if error else done, error=error)

    return step


def _update(session: Session, ports: Ports, instance: Instance) -> None:
    """Resize, or move what is stopped."""
    if instance.resize_to is None:
        _move(session, ports, instance)
    else:
        _resize(session, ports, instance)


def _resize(session: Session, ports: Ports, instance: Instance) -> None:
    """Give the node its new size. When that fails the instance goes on in its old one.

    An answer that got lost is no failure: what counts is what the node is.
    """
    driver = ports.clouds.driver(instance.provider)
    migration = MigrationRepository(session).running(instance.id)
    host_id = migration.dest_host if migration is not None else instance.host_id
    size = _size(dict(instance.resize_to or {})["flavor"], size_wanted(instance))
    error: str | None = None
    try:
        _ask(lambda: driver.ex_resize_node(_node_of(driver, instance), size, ex_host=host_id))
    except CloudError as failure:
        error = None if is_resized(driver.ex_find_node(instance.id), instance, migration) else str(failure)
    present = _locked_in(session, instance, S.UPDATING)
    if present is not None:
        change_state(session, ports, present, end_resize(session, present, migration, error), error=error)


def _move(session: Session, ports: Ports, instance: Instance) -> None:
    """Bring the node to the other host. When that fails the instance goes on where the provider has it."""
    migration = MigrationRepository(session).running(instance.id)
    if migration is None:
        return
    before = ResourceState(instance.state)
    driver = ports.clouds.driver(instance.provider)
    move = _evacuate_node if migration.kind == MigrationKind.EVACUATION else _migrate_node
    error: str | None = None
    try:
        _ask(lambda: move(driver, instance, migration.dest_host))
    except CloudError as failure:
        node = driver.ex_find_node(instance.id)
        error = None if node is not None and node.host == migration.dest_host else str(failure)
    present = _locked_in(session, instance, before)
    if present is not None:
        change_state(session, ports, present, end_move(session, present, migration, error), error=error)


def _migrate_node(driver: NodeDriver, instance: Instance, host_id: str) -> bool:
    return driver.ex_migrate_node(_node_of(driver, instance), host_id)


def _evacuate_node(driver: NodeDriver, instance: Instance, host_id: str) -> bool:
    """Have the dead host's node made anew; a provider that lost it with its host makes another."""
    node = driver.ex_find_node(instance.id)
    if node is not None:
        return driver.ex_rebuild_node(node, host_id)
    return _create_node(driver, instance, host_id) is not None


def _delete(session: Session, ports: Ports, instance: Instance) -> None:
    """Remove the node, and only when the provider has confirmed that, the record with all it held.

    An instance that gives way is tried again until it is gone: another one waits for it.
    """
    driver = ports.clouds.driver(instance.provider)
    try:
        _ask(lambda: _destroy_node(driver, instance))
    except CloudError as error:
        present = _locked_in(session, instance, S.DELETING)
        if present is not None and present.preempted_by is not None:
            present.last_error = str(error)
        elif present is not None:
            change_state(session, ports, present, S.FAILED, error=str(error))
        return
    present = _locked_in(session, instance, S.DELETING)
    if present is not None:
        forget(session, present)


def _destroy_node(driver: NodeDriver, instance: Instance) -> None:
    """Make sure that the provider has no node of the instance; one that is gone already is as good."""
    node = driver.ex_find_node(instance.id)
    if node is None:
        return
    try:
        driver.destroy_node(node)
    except NodeNotFound:
        return


def forget(session: Session, instance: Instance) -> None:
    """Return what the instance held and remove its record. It must be locked and without a node."""
    return_claims(session, instance.id)
    InstanceRepository(session).remove(instance)
    published.instance_deleted(session, instance)


def _size(flavor: str | None, resources: Resources) -> NodeSize:
    units = resources.units()
    return NodeSize(flavor or "custom", units[ResourceClass.VCPU], resources.memory_mib, resources.disk_gib)


STEPS: dict[ResourceState, Callable[[Session, Ports, Instance], None]] = {
    S.PROVISIONING: _build,
    S.STOPPING: _power(lambda driver, node: driver.stop_node(node), S.STOPPED),
    S.STARTING: _power(lambda driver, node: driver.start_node(node), S.ACTIVE),
    S.UPDATING: _update,
    S.MIGRATING: _move,
    S.DELETING: _delete,
}
"""What each state of work in progress waits for."""

"""An operator's word on what state an instance is in (Nova's `os-resetState`). No node is changed by it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.domain.cloud.driver import Node
from services.compute.domain.errors import InstanceBusy, NothingToReset
from services.compute.operations.migrations import end_move
from services.compute.operations.placing import return_claims
from services.compute.operations.resizing import end_resize, is_resized
from services.compute.operations.states import put_in_state
from services.compute.ports import Ports
from services.compute.repository import ClaimRepository, InstanceRepository, MigrationRepository
from services.compute.tables import Instance
from shared.infra.db.sqlalchemy import check_version
from shared.infra.state_machine import ResourceState
from shared.kernel.preconditions import EntityTags

RESET = "reset"
BY_OPERATOR = "ended by an operator's reset"


def reset_state(
    session: Session, ports: Ports, instance_id: str, target: ResourceState, expected: EntityTags | None
) -> Instance:
    """Set an instance's state to `active` or `failed` without asking its life cycle; work in progress on it is over.

    A move ends where the provider has the node, a resize in the size that the node has; what has no node holds nothing
    any more, as after a failed build. Raises NotFound, VersionConflict, InstanceBusy while the provider is being asked
    and for what gives way to another instance, and NothingToReset for `active` without capacity or without a node: it
    would be charged for and take what others hold.
    """
    instances = InstanceRepository(session)
    if not instances.take_in_hand(instance_id):
        raise InstanceBusy("the platform is at work on the instance: wait for its end")
    instance = instances.get(instance_id, lock=True)
    check_version(instance, expected)
    if instance.preempted_by is not None:
        raise InstanceBusy("the instance gives way to another one, which waits for its end: it is being deleted")
    node = ports.clouds.driver(instance.provider).ex_find_node(instance.id)
    if target is ResourceState.ACTIVE and (node is None or not ClaimRepository(session).held_by(instance.id)):
        raise NothingToReset("the instance holds no capacity or has no node: provision it, or delete it")
    _end_work(session, instance, node)
    instance.node_id = node.id if node else None
    if node is None:
        return_claims(session, instance.id)
    put_in_state(session, ports, instance, target, reason=RESET)
    return instance


def _end_work(session: Session, instance: Instance, node: Node | None) -> None:
    """End a move or a resize of a locked instance, so that it holds claims of one size on one host."""
    migration = MigrationRepository(session).running(instance.id)
    if instance.resize_to is not None:
        end_resize(session, instance, migration, None if is_resized(node, instance, migration) else BY_OPERATOR)
    elif migration is not None:
        arrived = node is not None and node.host == migration.dest_host
        end_move(session, instance, migration, None if arrived else BY_OPERATOR)

"""What a tenant's own life does to its instances: at once where nobody is at work on them, else right after that."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from services.compute.domain.instances import ENDS
from services.compute.operations.server_groups import delete_group
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository, groups_left, put_standing, standing_of_tenant
from services.compute.tables import Standing
from shared.errors import Conflict, NotFound
from shared.infra.state_machine import ResourceState
from shared.kernel.context import RequestContext, current, current_tenant, service_context
from shared.kernel.tracing import Work

FOLLOW = Work("follow a tenant's standing")
FAILED_REST = timedelta(seconds=15)
"""How long what failed to be built or deleted is left alone before its deletion is tried again."""

S = ResourceState


def suspend(session: Session, ports: Ports) -> None:
    """A suspended tenant's instances are stopped, and with that no longer charged for."""
    _stand(session, ports, "suspended")


def close(session: Session, ports: Ports) -> None:
    """A closed tenant leaves no instance behind."""
    _stand(session, ports, "closed")


def resume(session: Session) -> None:
    """The tenant goes on. What was stopped stays so until somebody starts it."""
    put_standing(session, None)


def _stand(session: Session, ports: Ports, standing: str) -> None:
    """Note the standing, so that what is still being made or worked on follows, and end what can be ended now."""
    context = current()
    put_standing(
        session,
        Standing(
            tenant_id=current_tenant(),
            standing=standing,
            actor=context.caller.responsible,
            correlation_id=context.correlation_id,
        ),
    )
    ends, target = ENDS[standing]
    for instance in InstanceRepository(session).in_states(ends):
        change_state(session, ports, instance, target)


def follow(session: Session, ports: Ports, instance_id: str) -> None:
    """Do to an instance what its tenant's standing asks for, on account of whoever brought that about.

    What has just failed is left alone for a while: a provider that refuses to delete it would be asked without end.
    """
    standing = standing_of_tenant(session)
    instance = InstanceRepository(session).find(instance_id, lock=True) if standing is not None else None
    if standing is None or instance is None:
        return
    ends, target = ENDS[standing.standing]
    just_failed = instance.state == S.FAILED and abs(ports.clock.now() - instance.updated_at) < FAILED_REST
    if instance.state not in ends or just_failed:
        return
    with _on_account_of(standing, ports):
        change_state(session, ports, instance, target)


def remove_groups(ports: Ports) -> None:
    """Remove closed tenants' server groups, each once its last instance is gone. May be repeated by anybody."""
    for standing, group_id in ports.transactions.run(groups_left):
        with _on_account_of(standing, ports), suppress(Conflict, NotFound):  # Somebody else has removed it meanwhile.
            ports.transactions.run(partial(delete_group, group_id=group_id, expected=None))


def _on_account_of(standing: Standing, ports: Ports) -> AbstractContextManager[RequestContext]:
    return service_context(
        "compute",
        standing.tenant_id,
        ports.clock,
        actor=standing.actor,
        correlation_id=standing.correlation_id,
        work=FOLLOW,
    )

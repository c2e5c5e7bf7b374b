"""Events that deploy handles. What it publishes is next to what causes it, in `operations`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.deploy.domain.states import DeploymentState
from services.deploy.operations import deployments
from services.deploy.ports import Ports
from services.deploy.repository import DeploymentRepository
from shared.events import Event
from shared.events.inbox import Handler

SUSPENDED = "tenant_suspended"


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type. A suspended tenant's rollouts stand still, a closed tenant's are given up."""

    def on_suspended(event: Event, session: Session) -> None:
        for deployment in DeploymentRepository(session).unfinished():
            if deployment.state == DeploymentState.PENDING:
                deployments.cancel(session, ports, deployment.id, None, SUSPENDED)
            elif deployment.state == DeploymentState.IN_PROGRESS:
                deployments.pause(session, deployment.id, None, SUSPENDED)

    def on_resumed(event: Event, session: Session) -> None:
        for deployment in DeploymentRepository(session).paused_for(SUSPENDED):
            deployments.resume(session, ports, deployment.id, None)

    def on_closed(event: Event, session: Session) -> None:
        for deployment in DeploymentRepository(session).unfinished():
            deployments.cancel(session, ports, deployment.id, None, "tenant_closed")

    return {
        "tenants.tenant.suspended": on_suspended,
        "tenants.tenant.resumed": on_resumed,
        "tenants.tenant.closed": on_closed,
    }

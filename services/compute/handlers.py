"""What compute hears: its own events, to have instances worked on and to settle their quota, and those of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.compute.domain.quotas import reservations, size_reservations
from services.compute.operations import dispatching, provisioning, tenancy
from services.compute.ports import Ports
from shared.events import Event, advance
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row.

    Quota is settled before anything else: no row is locked while the tenants service is asked. No provider is asked
    here: what waits for one would make everybody wait whose events share its partition.
    """

    def instance_created(event: Event, session: Session) -> None:
        ports.quotas.commit(reservations(event.subject, event.subject))
        provisioning.begin(session, ports, event.subject)

    def instance_state_changed(event: Event, session: Session) -> None:
        dispatching.dispatch(session, ports, event.subject)

    def instance_resize_ended(event: Event, session: Session) -> None:
        ports.quotas.commit(size_reservations(event.data["quota_key"]))
        ports.quotas.release(size_reservations(event.data["dropped_quota_key"]))

    def instance_deleted(event: Event, session: Session) -> None:
        # Events from before there was this field are of instances that may have been resized: then the sweep follows.
        ports.quotas.release(reservations(event.subject, event.data.get("quota_key", event.subject)))

    # What a tenant's life has gone past is not done any more: an event that was put aside may come days later.
    def tenant_suspended(event: Event, session: Session) -> None:
        if advance(session, event):
            tenancy.suspend(session, ports)

    def tenant_resumed(event: Event, session: Session) -> None:
        if advance(session, event):
            tenancy.resume(session)

    def tenant_closed(event: Event, session: Session) -> None:
        if advance(session, event):
            tenancy.close(session, ports)

    return {
        "compute.instance.created": instance_created,
        "compute.instance.state_changed": instance_state_changed,
        "compute.instance.resize_ended": instance_resize_ended,
        "compute.instance.deleted": instance_deleted,
        "tenants.tenant.suspended": tenant_suspended,
        "tenants.tenant.resumed": tenant_resumed,
        "tenants.tenant.closed": tenant_closed,
    }

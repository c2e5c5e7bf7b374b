"""What storage hears: its own events, to settle quota, and those of instances and tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.storage.operations import tenancy, volumes
from services.storage.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler
from shared.quotas import Counted, settlements

BUCKET = Counted("storage.bucket.created", "storage.bucket.deleted", ("buckets",))
SNAPSHOT = Counted("storage.snapshot.created", "storage.snapshot.deleted", ("snapshots",))


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def volume_exists(event: Event, session: Session) -> None:
        ports.quotas.commit(_reservations(event))

    def volume_deleted(event: Event, session: Session) -> None:
        ports.quotas.release(_reservations(event))

    def instance_deleted(event: Event, session: Session) -> None:
        volumes.detach_all(session, event.subject)

    def tenant_closed(event: Event, session: Session) -> None:
        tenancy.close_tenant(session, ports)

    return {
        **settlements(ports.quotas, BUCKET, SNAPSHOT),
        "storage.volume.created": volume_exists,
        "storage.volume.updated": volume_exists,
        "storage.volume.deleted": volume_deleted,
        "compute.instance.deleted": instance_deleted,
        "tenants.tenant.closed": tenant_closed,
    }


def _reservations(event: Event) -> list[str]:
    """What a volume counts under. Events from before there was this field are settled by the sweep."""
    return list(event.data.get("reservations", ()))

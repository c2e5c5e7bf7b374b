"""What storage hears: its own events, to settle quota, and those of instances and tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.storage.operations import standings, tenancy, volumes
from services.storage.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler
from shared.events.standings import note_standing
from shared.kernel.standing import ACTIVE, CLOSED, SUSPENDED
from shared.quotas import Counted, settlements

BUCKET = Counted("storage.bucket.created", "storage.bucket.deleted", ("buckets",))
SNAPSHOT = Counted("storage.snapshot.created", "storage.snapshot.deleted", ("snapshots",))


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def volume_created(event: Event, session: Session) -> None:
        ports.quotas.commit(_reservations(event))

    def volume_updated(event: Event, session: Session) -> None:
        # What the volume counted under before was committed by the events before this one.
        ports.quotas.commit(event.data.get("reserved", ()))

    def volume_deleted(event: Event, session: Session) -> None:
        ports.quotas.release(_reservations(event))

    def instance_deleted(event: Event, session: Session) -> None:
        volumes.detach_all(session, event.subject)

    def tenant_stands(state: str) -> Handler:
        def stands(event: Event, session: Session) -> None:
            note_standing(session, event, state)

        return stands

    def tenant_closed(event: Event, session: Session) -> None:
        note_standing(session, event, CLOSED)
        tenancy.close_tenant(session, ports)

    def account_ended(event: Event, session: Session) -> None:
        standings.note_end_of_right(session, event, event.subject)

    def role_taken_back(event: Event, session: Session) -> None:
        standings.note_end_of_right(session, event, event.data["subject"])

    def key_revoked(event: Event, session: Session) -> None:
        standings.note_end_of_right(session, event, event.data["service_account_id"])

    def login_ended(event: Event, session: Session) -> None:
        # When a tenant is resumed people log in again, and its presigned URLs are what they were.
        if event.data["reason"] != "tenant":
            standings.note_end_of_right(session, event, event.data["subject"])

    return {
        **settlements(ports.quotas, BUCKET, SNAPSHOT),
        "storage.volume.created": volume_created,
        "storage.volume.updated": volume_updated,
        "storage.volume.deleted": volume_deleted,
        "compute.instance.deleted": instance_deleted,
        "auth.user.disabled": account_ended,
        "auth.service_account.deleted": account_ended,
        "auth.grant.deleted": role_taken_back,
        "auth.api_key.revoked": key_revoked,
        "auth.session.revoked": login_ended,
        "tenants.tenant.suspended": tenant_stands(SUSPENDED),
        "tenants.tenant.resumed": tenant_stands(ACTIVE),
        "tenants.tenant.closed": tenant_closed,
    }


def _reservations(event: Event) -> list[str]:
    """What a volume counts under. Events from before there was this field are settled by the sweep."""
    return list(event.data.get("reservations", ()))

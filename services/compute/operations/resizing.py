"""The end of a resize, however it comes about."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.resources import Resources
from services.compute.operations.placing import resize_claims
from services.compute.tables import Instance
from shared.infra.db.sqlalchemy import touch
from shared.infra.state_machine import ResourceState


def size_wanted(instance: Instance) -> Resources:
    """The size that an instance is being given."""
    wanted = dict(instance.resize_to or {})
    return Resources(Decimal(wanted["vcpus"]), wanted["memory_mib"], wanted["disk_gib"])


def end_resize(session: Session, instance: Instance, error: str | None) -> ResourceState:
    """A locked instance has its new size, or keeps the old one because of an error; the state in which it goes on.

    Its claims are those of the size that it has from now on. The quota of the other one is given back by the event.
    """
    wanted = dict(instance.resize_to or {})
    dropped = str(wanted["quota_key"])
    if error is None:
        size = size_wanted(instance)
        instance.flavor = wanted["flavor"]
        instance.vcpus, instance.memory_mib, instance.disk_gib = size.vcpus, size.memory_mib, size.disk_gib
        dropped, instance.quota_key = instance.quota_key, dropped
    kept = Resources(instance.vcpus, instance.memory_mib, instance.disk_gib)
    resize_claims(session, instance.id, instance.host_id, kept)
    resume = ResourceState(str(instance.resume_state))
    instance.resize_to = instance.resume_state = None
    touch(instance)
    session.flush()
    published.instance_resize_ended(session, instance, dropped, error)
    return resume

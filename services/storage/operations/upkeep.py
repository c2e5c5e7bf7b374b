"""What goes on without a request: sweeping content, metering, lifecycle rules, and the end of a tenant."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from services.storage.domain.volumes import VolumeState
from services.storage.operations import volumes
from services.storage.ports import Ports
from services.storage.repository import (
    BucketRepository,
    SnapshotRepository,
    VolumeRepository,
    forget_garbage,
    garbage,
    remove_content,
    unmetered_tenants,
)
from shared.infra.db.sqlalchemy import SessionFactory
from shared.infra.object_store import ObjectNotFound
from shared.kernel.context import service_context

SWEEP_LIMIT = 200
"""Blobs in one sweep: its transaction stays short."""


def sweep(sessions: SessionFactory, ports: Ports) -> int:
    """Delete content that no version refers to any more; how many blobs. What fails is left for the next sweep."""
    with sessions() as session, session.begin():
        names = garbage(session, SWEEP_LIMIT)
        for name in names:
            try:
                ports.store.delete(ports.settings.object_bucket, name)
            except ObjectNotFound:
                continue
        if names:
            forget_garbage(session, names)
        return len(names)


def meter_due(sessions: SessionFactory, ports: Ports) -> None:
    """Meter, tenant by tenant, the volumes whose last metering is one interval ago."""
    now = ports.clock.now()
    due = now - timedelta(seconds=ports.settings.metering_interval_seconds)
    with sessions() as session:
        tenants = unmetered_tenants(session, due)
    for tenant_id in tenants:
        with service_context("storage", tenant_id, ports.clock), sessions() as session, session.begin():
            volumes.meter_all(session, now)


def close_tenant(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind. Its quota ends with it, so nothing is given back."""
    for volume in VolumeRepository(session).of_tenant():
        if volume.state == VolumeState.IN_USE:
            volumes.detach(session, volume.id)
        volumes.end(session, ports, volume)
    for snapshot in SnapshotRepository(session).of_tenant():
        volumes.end_snapshot(session, snapshot)
    remove_content(session)
    BucketRepository(session).remove_all()

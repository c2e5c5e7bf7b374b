"""Moves from host to host: begun by a request, carried out in the background, ended by what the provider then has.

An instance holds claims on both hosts while it moves. The end of the move, the return of the other host's claims and
their events are one transaction, and whoever carries the move on after a crash comes to the same end.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.hosts import HostState
from services.compute.domain.migrations import MigrationKind, MigrationStatus, state_while_moving
from services.compute.operations.placing import keep_claims_on, place, request_of
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import HostRepository, InstanceRepository, MigrationRepository
from services.compute.tables import Instance, Migration
from shared.infra.db.sqlalchemy import check_version, touch
from shared.infra.state_machine import ResourceState
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def move_instance(
    session: Session,
    ports: Ports,
    instance_id: str,
    kind: MigrationKind,
    host_id: str | None,
    expected: EntityTags | None,
) -> Instance:
    """Begin to move an instance to another host of its zone, to `host_id` where one is named.

    Every filter is asked, for a named host too. Raises NotFound, HostNotFound, VersionConflict, HostDown, HostNotDown,
    NotMovable, NoValidHost or PlacementContended.
    """
    instance = InstanceRepository(session).get(instance_id, lock=True)
    check_version(instance, expected)
    hosts = HostRepository(session)
    source = hosts.state(instance.host_id)
    if host_id is not None:
        hosts.state(host_id)
    if kind is MigrationKind.EVACUATION and source.forced_down and instance.state == ResourceState.PENDING:
        return _relocate(session, instance, source, host_id)
    meanwhile = state_while_moving(kind, ResourceState(instance.state), host_is_down=source.forced_down)
    begin_migration(session, instance, kind, _elsewhere(session, instance, source, host_id).id)
    instance.resume_state = instance.state
    change_state(session, ports, instance, meanwhile)
    return instance


def _elsewhere(session: Session, instance: Instance, source: HostState, host_id: str | None) -> HostState:
    """Claim another host than the present one, in addition to it."""
    request = replace(request_of(session, instance), ignore_hosts=frozenset({source.id}), requested_host=host_id)
    return place(session, instance.id, request)


def _relocate(session: Session, instance: Instance, source: HostState, host_id: str | None) -> Instance:
    """Only the claims of an instance without a node have to leave a dead host: that takes no provider."""
    migration = begin_migration(
        session, instance, MigrationKind.EVACUATION, _elsewhere(session, instance, source, host_id).id
    )
    end_migration(session, instance, migration, None)
    keep_claims_on(session, instance.id, instance.host_id)
    touch(instance)
    session.flush()
    published.instance_updated(session, instance)
    return instance


def begin_migration(session: Session, instance: Instance, kind: MigrationKind, dest_host: str) -> Migration:
    """Note where a locked instance goes. It must hold claims there already, beside those on its host."""
    migration = MigrationRepository(session).add(
        Migration(
            id=new_id("mig"),
            tenant_id=instance.tenant_id,
            version=1,
            instance_id=instance.id,
            kind=kind.value,
            status=MigrationStatus.RUNNING.value,
            source_host=instance.host_id,
            dest_host=dest_host,
        )
    )
    published.migration_started(session, migration)
    return migration


def end_migration(session: Session, instance: Instance, migration: Migration, error: str | None) -> None:
    """A locked instance has arrived, or stays where it was because of an error; the caller returns the other claims."""
    status = MigrationStatus.COMPLETED if error is None else MigrationStatus.ERROR
    migration.status, migration.error = status.value, error
    instance.host_id = migration.dest_host if error is None else migration.source_host
    touch(migration)
    session.flush()
    published.migration_ended(session, migration)


def end_move(session: Session, instance: Instance, migration: Migration, error: str | None) -> ResourceState:
    """End a move with no other purpose; the state in which the locked instance goes on."""
    end_migration(session, instance, migration, error)
    keep_claims_on(session, instance.id, instance.host_id)
    resume = ResourceState(str(instance.resume_state))
    instance.resume_state = None
    return resume

"""Resizing: the instance holds both sizes until the provider has answered, then exactly the one it has."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.cloud.driver import Node
from services.compute.domain.errors import DiskShrink, HostDown, NoValidHost
from services.compute.domain.flavors import flavor_named
from services.compute.domain.instances import LIFE_CYCLE
from services.compute.domain.migrations import MigrationKind
from services.compute.domain.quotas import size_claims
from services.compute.domain.resources import Resources
from services.compute.operations.migrations import begin_migration, end_migration
from services.compute.operations.placing import enlarge_claims, exchange_claims, place, request_of
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import HostRepository, InstanceRepository
from services.compute.tables import Instance, Migration
from shared.events.admission import ask
from shared.infra.db.sqlalchemy import check_version, touch
from shared.infra.state_machine import ResourceState
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def resize_instance(
    session: Session, ports: Ports, instance_id: str, flavor: str, expected: EntityTags | None = None
) -> Instance:
    """Give an active or stopped instance another flavor: on its host, or where that has no room on another one of its
    zone.

    While the provider works the instance holds the larger of both sizes of each resource on its host, or its own size
    there and the new one on the other; its quota too is held for both. Raises NotFound, VersionConflict, UnknownFlavor,
    DiskShrink and HostDown (as Nova refuses them), PolicyDenied, QuotaExceeded, NoValidHost or IllegalTransition.
    """
    wanted = flavor_named(flavor).resources
    instance = InstanceRepository(session).get(instance_id, lock=True)
    check_version(instance, expected)
    LIFE_CYCLE.transition(ResourceState(instance.state), ResourceState.UPDATING)
    if wanted.disk_gib < instance.disk_gib:
        raise DiskShrink(f"{flavor} has {wanted.disk_gib} GiB of disk, the instance has {instance.disk_gib} GiB")
    if HostRepository(session).state(instance.host_id).forced_down:
        raise HostDown("the instance's host is marked as down: evacuate it first")
    asked = {
        "flavor": flavor,
        "vcpus": f"{wanted.vcpus:f}",
        "memory_mib": wanted.memory_mib,
        "disk_gib": wanted.disk_gib,
    }
    ask(published.INSTANCE, instance.id, "resize", {**published.instance_facts(instance), **asked})
    # A key of its own for each attempt: what was given back under one can't be reserved under it again.
    quota_key = f"{instance.id}.{new_id('size')}"
    with ports.quotas.reserved(*size_claims(quota_key, wanted)):
        _make_room(session, instance, wanted)
        instance.resize_to = {**asked, "quota_key": quota_key}
        instance.resume_state = instance.state
        change_state(session, ports, instance, ResourceState.UPDATING)
    return instance


def _make_room(session: Session, instance: Instance, wanted: Resources) -> None:
    """Hold the new size beside the old one, at home if there is room.

    Raises NoValidHost with the reason of its own host where no other will do either, or PlacementContended.
    """
    try:
        enlarge_claims(session, instance, wanted)
    except NoValidHost as at_home:
        request = replace(request_of(session, instance, wanted), ignore_hosts=frozenset({instance.host_id}))
        try:
            host = place(session, instance.id, request)
        except NoValidHost:
            raise at_home from None
        begin_migration(session, instance, MigrationKind.RESIZE, host.id)


def size_wanted(instance: Instance) -> Resources:
    """The size that an instance is being given."""
    wanted = dict(instance.resize_to or {})
    return Resources(Decimal(wanted["vcpus"]), wanted["memory_mib"], wanted["disk_gib"])


def is_resized(node: Node | None, instance: Instance, migration: Migration | None) -> bool:
    """Whether a node has the size that its instance is being given, on the host where it is being given it."""
    host_id = migration.dest_host if migration is not None else instance.host_id
    return node is not None and (node.host, node.extra.get("size")) == (
        host_id,
        dict(instance.resize_to or {})["flavor"],
    )


def end_resize(session: Session, instance: Instance, migration: Migration | None, error: str | None) -> ResourceState:
    """A locked instance has its new size, or keeps the old one because of an error; the state in which it goes on.

    Its claims are those of the size that it has from now on, where it has it. The quota of the other one is given back
    by the event.
    """
    wanted = dict(instance.resize_to or {})
    dropped = str(wanted["quota_key"])
    if error is None:
        size = size_wanted(instance)
        instance.flavor = wanted["flavor"]
        instance.vcpus, instance.memory_mib, instance.disk_gib = size.vcpus, size.memory_mib, size.disk_gib
        dropped, instance.quota_key = instance.quota_key, dropped
    if migration is not None:
        end_migration(session, instance, migration, error)
    exchange_claims(session, instance)
    resume = ResourceState(str(instance.resume_state))
    instance.resize_to = instance.resume_state = None
    touch(instance)
    session.flush()
    published.instance_resize_ended(session, instance, dropped, error)
    return resume

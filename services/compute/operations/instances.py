"""What callers do with instances. The provider's part follows in the background (`provisioning`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.errors import DeletionInProgress, PlacementContended, TargetNotRequestable, UnknownImage
from services.compute.domain.flavors import flavor_named
from services.compute.domain.hosts import HostState
from services.compute.domain.instances import AT_REQUEST, LIFE_CYCLE
from services.compute.domain.placement import PlacementRequest, Spreading, Tenancy
from services.compute.domain.quotas import instance_claim, size_claims
from services.compute.domain.resources import Resources
from services.compute.domain.server_groups import ServerGroup
from services.compute.operations.placing import (
    ATTEMPTS,
    group_as_it_is,
    group_for_placement,
    hold_capacity,
    likely_host,
    place,
)
from services.compute.operations.preempting import place_before_others
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository, ZoneRepository
from services.compute.tables import Instance
from shared.events.admission import ask, ask_again
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.sqlalchemy import check_version, touch
from shared.infra.state_machine import ResourceState
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


@dataclass(frozen=True)
class Order:
    """What is asked for: a flavor or a custom size, and where."""

    name: str
    image: str
    flavor: str | None = None
    size: Resources | None = None
    provider: str | None = None
    region: str | None = None
    zone: str | None = None
    tenancy: Tenancy = Tenancy.SHARED
    spreading: Spreading = Spreading.SPREAD
    group_id: str | None = None
    deferred_start: bool = False
    preemptible: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    def resources(self) -> Resources:
        """The size ordered. Raises UnknownFlavor."""
        return self.size if self.size is not None else flavor_named(str(self.flavor)).resources


@dataclass(frozen=True)
class InstanceFacts:
    """What may change of an instance without its provider; None leaves it as it is."""

    name: str | None = None
    labels: dict[str, str] | None = None

    def given(self) -> dict[str, Any]:
        """What does change."""
        return {name: value for name, value in vars(self).items() if value is not None}


def create_instance(session: Session, ports: Ports, order: Order) -> Instance:
    """An instance in `pending` that holds its claims; its build begins once this is committed.

    Raises PolicyDenied, QuotaExceeded, NoValidHost, PlacementContended, NotFound for the group, ValidationFailed for
    what isn't in a catalogue. Nothing is kept of an order that fails.
    """
    resources = order.resources()
    if order.zone is not None:
        zone = ZoneRepository(session).get(order.zone)
        order = replace(order, provider=order.provider or zone.provider, region=order.region or zone.region)
    instance_id = new_id("i")
    asked = _expected(session, instance_id, order, resources)
    ask(published.INSTANCE, instance_id, CREATE, asked)
    with ports.quotas.reserved(instance_claim(instance_id), *size_claims(instance_id, resources)):
        instance = _admitted(session, ports, instance_id, order, resources, asked)
        published.instance_created(session, instance)
    return instance


def _expected(session: Session, instance_id: str, order: Order, resources: Resources) -> dict[str, Any]:
    """The instance as it will be told of, if nobody else is placed before it; without room now, as its order says."""
    group = group_as_it_is(session, order.group_id) if order.group_id else None
    host = likely_host(session, _request(order, resources, group))
    return published.instance_facts(_instance(instance_id, order, resources, host))


def _admitted(
    session: Session, ports: Ports, instance_id: str, order: Order, resources: Resources, asked: dict[str, Any]
) -> Instance:
    """The order on a host, as policies were asked about it.

    Where it comes out otherwise, since others were placed meanwhile or have to give way, it is taken back and they are
    asked about that: hosts, groups and victims are everybody's, and none is locked while somebody is asked. Which host
    of a zone it is makes no difference. Raises PlacementContended where it comes out otherwise each time.
    """
    for _ in range(ATTEMPTS):
        with session.begin_nested() as attempt:
            instance = _placed(session, ports, instance_id, order, resources)
            _check_image(ports, instance)
            facts = published.instance_facts(instance)
            if {**facts, "host_id": None} == {**asked, "host_id": None}:
                InstanceRepository(session).add(instance)
                return instance
            attempt.rollback()
        ask(published.INSTANCE, instance_id, CREATE, facts)
        asked = facts
    raise PlacementContended(f"another zone was left for the order {ATTEMPTS} times", retry_after=1)


def _placed(session: Session, ports: Ports, instance_id: str, order: Order, resources: Resources) -> Instance:
    """The order on a host. What is preemptible itself displaces nobody."""
    group = group_for_placement(session, order.group_id) if order.group_id else None
    request = _request(order, resources, group)
    host = (
        place(session, instance_id, request)
        if order.preemptible
        else place_before_others(session, ports, instance_id, request)
    )
    return _instance(instance_id, order, resources, host)


def _request(order: Order, resources: Resources, group: ServerGroup | None) -> PlacementRequest:
    return PlacementRequest(
        tenant_id=current_tenant(),
        resources=resources,
        provider=order.provider,
        region=order.region,
        zone=order.zone,
        tenancy=order.tenancy,
        spreading=order.spreading,
        group=group,
    )


def _instance(instance_id: str, order: Order, resources: Resources, host: HostState | None) -> Instance:
    """What the order becomes on a host, or is without one."""
    return Instance(
        id=instance_id,
        tenant_id=current_tenant(),
        version=1,
        name=order.name,
        state=ResourceState.PENDING.value,
        flavor=order.flavor,
        vcpus=resources.vcpus,
        memory_mib=resources.memory_mib,
        disk_gib=resources.disk_gib,
        image=order.image,
        provider=host.provider if host else order.provider,
        region=host.region if host else order.region,
        zone=host.zone if host else order.zone,
        host_id=host.id if host else None,
        tenancy=order.tenancy.value,
        group_id=order.group_id,
        deferred_start=order.deferred_start,
        labels=order.labels,
        preemptible=order.preemptible,
        quota_key=instance_id,
    )


def _check_image(ports: Ports, instance: Instance) -> None:
    images = {image.id for image in ports.clouds.driver(instance.provider).list_images()}
    if instance.image not in images:
        raise UnknownImage(f"{instance.provider} has no image {instance.image!r}; it has {', '.join(sorted(images))}")


def change_instance(
    session: Session, ports: Ports, instance_id: str, change: InstanceFacts, expected: EntityTags | None
) -> Instance:
    """Rename or relabel. Raises NotFound, VersionConflict or PolicyDenied: what may not be made may not be become."""
    instances = InstanceRepository(session)
    instance = instances.get(instance_id)
    check_version(instance, expected)
    asked = {**published.instance_facts(instance), **change.given()}
    ask(published.INSTANCE, instance.id, UPDATE, asked)
    session.expire(instance)  # It isn't locked while somebody else is asked, so it is read anew.
    instance = instances.get(instance_id, lock=True)
    check_version(instance, expected)
    if {**published.instance_facts(instance), **change.given()} != asked:
        ask_again(published.INSTANCE, instance.id, UPDATE)
    for name, value in change.given().items():
        setattr(instance, name, value)
    touch(instance)
    session.flush()
    published.instance_updated(session, instance)
    return instance


def request_transition(
    session: Session, ports: Ports, instance_id: str, target: ResourceState, expected: EntityTags | None = None
) -> Instance:
    """Move an instance to a state that callers may ask for; the work that state waits for begins after the commit.

    Raises NotFound, VersionConflict, IllegalTransition where the life cycle has no such way, TargetNotRequestable where
    it has and only the platform may go it, or NoValidHost where a new attempt at a build finds no room.
    """
    if target not in AT_REQUEST | {ResourceState.ACTIVE}:
        raise TargetNotRequestable(f"{target} can't be asked for; it is what the platform finds out")
    instance = InstanceRepository(session).get(instance_id, lock=True)
    check_version(instance, expected)
    LIFE_CYCLE.transition(ResourceState(instance.state), target)
    if target not in AT_REQUEST:
        raise TargetNotRequestable(f"the instance becomes {target} once its provider has answered, by no one's word")
    if target is ResourceState.PROVISIONING:
        hold_capacity(session, instance)
    change_state(session, ports, instance, target)
    return instance


def delete_instance(session: Session, ports: Ports, instance_id: str, expected: EntityTags | None = None) -> Instance:
    """Begin to delete; the record stays until the provider has confirmed. Raises NotFound or DeletionInProgress."""
    instance = InstanceRepository(session).get(instance_id, lock=True)
    check_version(instance, expected)
    if instance.state == ResourceState.DELETING:
        raise DeletionInProgress("the instance is being deleted")
    return request_transition(session, ports, instance_id, ResourceState.DELETING, expected)

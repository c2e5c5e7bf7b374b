"""Placing an instance: choose a host, then claim it at the generation at which it was chosen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.domain.claims import claims_for
from services.compute.domain.errors import NoValidHost, PlacementContended
from services.compute.domain.hosts import HostState
from services.compute.domain.placement import PlacementRequest, Tenancy, choose_host
from services.compute.domain.resources import Resources
from services.compute.domain.server_groups import GroupPolicy, ServerGroup
from services.compute.repository import ClaimRepository, HostRepository, ServerGroupRepository
from services.compute.tables import Instance

ATTEMPTS = 10
"""Placements that lose the race for a host read again; ten in a row mean the hosts are truly contended."""

PLACING = "placing"


def place(session: Session, instance_id: str, request: PlacementRequest) -> HostState:
    """The host that the instance now holds claims on, beside those it held before.

    Raises NoValidHost or PlacementContended.
    """
    hosts = HostRepository(session)
    for _ in range(ATTEMPTS):
        candidates = hosts.candidates(provider=request.provider, region=request.region, zone=request.zone)
        chosen = choose_host(candidates, request)
        if hosts.take_generation(chosen.id, chosen.generation, instances=1):
            ClaimRepository(session).add(claims_for(instance_id, chosen.id, request.resources))
            return chosen
        # In a crowd everybody would lose to everybody: who has lost once waits for the others that have.
        hosts.queue(PLACING, request.provider, request.region, request.zone)
    raise PlacementContended(f"the chosen host changed {ATTEMPTS} times while it was being claimed", retry_after=1)


def request_of(session: Session, instance: Instance, resources: Resources | None = None) -> PlacementRequest:
    """What an instance that there is asks of another host: its zone, its tenancy, its group and its size or another."""
    group = group_for_placement(session, instance.group_id, without=instance.id) if instance.group_id else None
    if group is not None and group.policy is GroupPolicy.AFFINITY:
        # Nothing runs on a dead host, so nobody has to be with a member that only holds claims there: whoever leaves
        # first chooses the host, and the others follow.
        dead = {host_id for host_id in set(group.member_hosts) if HostRepository(session).state(host_id).forced_down}
        group = ServerGroup(group.id, group.policy, tuple(each for each in group.member_hosts if each not in dead))
    return PlacementRequest(
        tenant_id=instance.tenant_id,
        resources=resources or size_of(instance),
        provider=instance.provider,
        region=instance.region,
        zone=instance.zone,
        tenancy=Tenancy(instance.tenancy),
        group=group,
    )


def size_of(instance: Instance) -> Resources:
    """The size that an instance has."""
    return Resources(instance.vcpus, instance.memory_mib, instance.disk_gib)


def group_for_placement(session: Session, group_id: str, *, without: str | None = None) -> ServerGroup:
    """A group with its members' hosts, one member left out. It is locked, so that two placements of one group come
    after each other."""
    groups = ServerGroupRepository(session)
    group = groups.get(group_id, lock=True)
    hosts = [host_id for member, host_id in groups.members([group.id])[group.id] if member != without]
    return ServerGroup(group.id, GroupPolicy(group.policy), tuple(hosts))


def enlarge_claims(session: Session, instance: Instance, wanted: Resources) -> None:
    """Have an instance hold the larger of its size and another of each resource, so that it can go on in either.

    Raises NoValidHost where its host hasn't the room for what grows, or PlacementContended.
    """
    hosts, claims, held = HostRepository(session), ClaimRepository(session), size_of(instance)
    for _ in range(ATTEMPTS):
        host = hosts.state(instance.host_id)
        if not host.allows_change(held.units(), wanted.units()):
            raise NoValidHost("the host has no room for the new size", rejected_by="capacity")
        if hosts.take_generation(host.id, host.generation):
            claims.remove(instance.id)
            claims.add(claims_for(instance.id, host.id, held.larger(wanted)))
            return
    raise PlacementContended(f"the host changed {ATTEMPTS} times while it was being claimed", retry_after=1)


def exchange_claims(session: Session, instance: Instance) -> None:
    """Have an instance hold on its host what its size is, and nothing anywhere else. Never refused: it is no more than
    what it held before, whatever became of the host's capacity."""
    hosts, claims = HostRepository(session), ClaimRepository(session)
    for host_id in claims.remove(instance.id):
        hosts.returned(host_id, instances=0 if host_id == instance.host_id else 1)
    claims.add(claims_for(instance.id, instance.host_id, size_of(instance)))


def hold_capacity(session: Session, instance: Instance) -> None:
    """Have a locked instance that is to be built hold claims on a living host: a build that failed has returned its
    claims, and what a dead host has is of no use. Raises NoValidHost or PlacementContended."""
    dead = HostRepository(session).state(instance.host_id).forced_down
    if ClaimRepository(session).held_by(instance.id) and not dead:
        return
    instance.host_id = place(session, instance.id, request_of(session, instance)).id
    keep_claims_on(session, instance.id, instance.host_id)


def keep_claims_on(session: Session, instance_id: str, host_id: str) -> None:
    """Return what an instance holds on any host but one: a move has ended there."""
    for left in ClaimRepository(session).remove(instance_id, except_on=host_id):
        HostRepository(session).returned(left)


def return_claims(session: Session, instance_id: str) -> bool:
    """Return an instance's claims to its host. False when they were returned before: they are only returned once."""
    host_ids = ClaimRepository(session).remove(instance_id)
    for host_id in host_ids:
        HostRepository(session).returned(host_id)
    return bool(host_ids)


def likely_host(session: Session, request: PlacementRequest) -> HostState | None:
    """The host that `place` would take now; nothing is held of it. None where there is no room."""
    hosts = HostRepository(session)
    candidates = hosts.candidates(provider=request.provider, region=request.region, zone=request.zone)
    try:
        return choose_host(candidates, request)
    except NoValidHost:
        return None


def group_as_it_is(session: Session, group_id: str) -> ServerGroup:
    """A group with its members' hosts, for a look at it: others may be placed by it meanwhile. Raises NotFound."""
    groups = ServerGroupRepository(session)
    group = groups.get(group_id)
    hosts = [host_id for _, host_id in groups.members([group.id])[group.id]]
    return ServerGroup(group.id, GroupPolicy(group.policy), tuple(hosts))

"""Placing an instance: choose a host, then claim it at the generation at which it was chosen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.domain.claims import claims_for
from services.compute.domain.errors import NoValidHost, PlacementContended
from services.compute.domain.hosts import HostState
from services.compute.domain.placement import PlacementRequest, choose_host
from services.compute.domain.resources import Resources
from services.compute.domain.server_groups import GroupPolicy, ServerGroup
from services.compute.repository import ClaimRepository, HostRepository, ServerGroupRepository

ATTEMPTS = 10
"""Placements that lose the race for a host read again; ten in a row mean the hosts are truly contended."""


def place(session: Session, instance_id: str, request: PlacementRequest) -> HostState:
    """The host that the instance now holds claims on. Raises NoValidHost or PlacementContended."""
    hosts = HostRepository(session)
    for _ in range(ATTEMPTS):
        candidates = hosts.candidates(provider=request.provider, region=request.region, zone=request.zone)
        chosen = choose_host(candidates, request)
        if hosts.take_generation(chosen.id, chosen.generation, instances=1):
            ClaimRepository(session).add(claims_for(instance_id, chosen.id, request.resources))
            return chosen
    raise PlacementContended(f"the chosen host changed {ATTEMPTS} times while it was being claimed", retry_after=1)


def group_for_placement(session: Session, group_id: str) -> ServerGroup:
    """A group with its members' hosts. It is locked, so that two placements of one group come after each other."""
    groups = ServerGroupRepository(session)
    group = groups.get(group_id, lock=True)
    return ServerGroup(group.id, GroupPolicy(group.policy), tuple(groups.member_hosts([group.id])[group.id]))


def resize_claims(session: Session, instance_id: str, host_id: str, resources: Resources) -> None:
    """Exchange an instance's claims for those of another size on its host. Raises NoValidHost or PlacementContended."""
    hosts, claims = HostRepository(session), ClaimRepository(session)
    for _ in range(ATTEMPTS):
        generation = hosts.get(host_id).generation
        if not hosts.take_generation(host_id, generation):
            continue
        claims.remove(instance_id)
        if not hosts.state(host_id).fits(resources.units()):
            raise NoValidHost("the host has no room for the new size", rejected_by="capacity")
        claims.add(claims_for(instance_id, host_id, resources))
        return
    raise PlacementContended(f"the host changed {ATTEMPTS} times while it was being claimed", retry_after=1)


def return_claims(session: Session, instance_id: str) -> bool:
    """Return an instance's claims to its host. False when they were returned before: they are only returned once."""
    host_id = ClaimRepository(session).remove(instance_id)
    if host_id is None:
        return False
    HostRepository(session).returned(host_id)
    return True

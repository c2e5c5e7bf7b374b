"""Server groups: whether members share a host (Nova's four policies)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class GroupPolicy(StrEnum):
    """Hard policies filter hosts, soft ones only weigh them."""

    AFFINITY = "affinity"
    ANTI_AFFINITY = "anti-affinity"
    SOFT_AFFINITY = "soft-affinity"
    SOFT_ANTI_AFFINITY = "soft-anti-affinity"


@dataclass(frozen=True)
class ServerGroup:
    """A group with the hosts its members hold claims on: one entry a member, two for one on the move."""

    id: str
    policy: GroupPolicy
    member_hosts: Collection[str] = field(default_factory=tuple)

    def allows(self, host_id: str) -> bool:
        """Whether a hard policy lets the next member onto the host. The first member may go anywhere.

        A member on the move may end on either of its hosts: nobody can be sure to be with it until it has arrived, and
        nobody may be on either who has to be apart from it.
        """
        if self.policy is GroupPolicy.ANTI_AFFINITY:
            return host_id not in self.member_hosts
        if self.policy is GroupPolicy.AFFINITY:
            return all(member == host_id for member in self.member_hosts)
        return True

    def preference(self, host_id: str) -> int:
        """A soft policy's raw weight of the host: the number of members there, for or against."""
        members = sum(1 for member in self.member_hosts if member == host_id)
        return {GroupPolicy.SOFT_AFFINITY: members, GroupPolicy.SOFT_ANTI_AFFINITY: -members}.get(self.policy, 0)

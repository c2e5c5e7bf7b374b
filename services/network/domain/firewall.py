"""The way of a connection through a subnet's access list and an interface's security groups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.network.domain.acls import AclAction, AclRule, evaluate
from services.network.domain.packets import Packet
from services.network.domain.security_groups import GroupRule, allows


@dataclass(frozen=True)
class FirewallVerdict:
    """Whether the connection comes about; otherwise what stopped it and, for a list, which rule."""

    allowed: bool
    decided_by: str
    rule_number: int | None = None


def evaluate_connection(
    acl: Sequence[AclRule],
    groups: Sequence[Sequence[GroupRule]],
    packet: Packet,
    peer_groups: Collection[str] = (),
) -> FirewallVerdict:
    """Judge a packet and its answer.

    The access list is stateless, so it must let the answer pass too; the security groups track the connection.
    """
    request = evaluate(acl, packet)
    if request.action is AclAction.DENY:
        return FirewallVerdict(False, "acl", request.rule_number)
    if not allows(groups, packet, peer_groups):
        return FirewallVerdict(False, "security_groups")
    answer = evaluate(acl, packet.reply())
    if answer.action is AclAction.DENY:
        return FirewallVerdict(False, "acl_reply", answer.rule_number)
    return FirewallVerdict(True, "acl", request.rule_number)

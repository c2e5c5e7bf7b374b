"""Exemptions: policies that don't count for a while."""

from __future__ import annotations

from datetime import datetime

from services.compliance import published
from services.compliance.domain.policies import MAX_EXEMPTIONS, ComplianceLimitReached
from services.compliance.models import ExemptionRow
from services.compliance.ports import Ports
from services.compliance.repository import exemptions, mark_due, policies
from shared.errors import ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


class ExemptionExpired(ValidationFailed):
    """An exemption ends in the future."""

    code = "exemption_expired"


def grant_exemption(
    ports: Ports, policy_id: str, resource_id: str | None, reason: str, expires_at: datetime
) -> ExemptionRow:
    """Let a policy not count for a resource, or for any, until a time.

    Raises NotFound, ExemptionExpired, ComplianceLimitReached.
    """
    policy, now = policies.get(policy_id, lock=True), ports.clock.now()  # Nobody deletes it meanwhile.
    if expires_at <= now:
        raise ExemptionExpired("expires_at is in the past")
    if exemptions.count(now) >= MAX_EXEMPTIONS:
        raise ComplianceLimitReached(f"there are {MAX_EXEMPTIONS} exemptions already", limit=MAX_EXEMPTIONS)
    exemption = exemptions.add(
        ExemptionRow(
            id=new_id("exm"),
            tenant_id=current_tenant(),
            policy=policy,
            resource_id=resource_id,
            reason=reason,
            expires_at=expires_at,
        )
    )
    published.exemption_granted(exemption)
    mark_due(now)
    return exemption


def end_exemption(ports: Ports, exemption_id: str, expected_version: EntityTags | None) -> None:
    """End an exemption before its time. Raises NotFound, VersionConflict."""
    exemption = exemptions.get(exemption_id, lock=True)
    check_version(exemption, expected_version)
    exemption.version += 1
    published.exemption_ended(exemption)
    exemptions.delete(exemption)
    mark_due(ports.clock.now())

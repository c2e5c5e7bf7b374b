"""What a deployment counts as: one of its tenant's `deployments` from its request until its rollout has ended."""

from __future__ import annotations

from shared.quotas.claims import Claim, claim

RESOURCES = ("deployments",)
"""Everything of deploy that is counted."""


def deployment_claim(deployment_id: str) -> Claim:
    """One more deployment under way. Coming back from one that has ended is never refused, and counts as none."""
    return claim(deployment_id, "deployments")


def reservations(deployment_id: str) -> list[str]:
    """All reservations of a deployment."""
    return [deployment_claim(deployment_id).reservation_id]

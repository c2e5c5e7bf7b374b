"""What compliance tells: what policies say, what doesn't count, what was decided and how resources stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from services.compliance.models import AuditRun, ExemptionRow, PolicyRow, Result
from shared.events import Event, publish
from shared.utils.ids import new_id

POLICY_FACTS = ("name", "effect", "enforcement", "actions", "resource_types", "priority")
RESULT_FACTS = ("action", "resource_type", "resource_id", "allowed", "enforcement", "policy_versions")


def policy_created(policy: PolicyRow) -> None:
    """Tell what a new policy says."""
    _publish("compliance.policy.created", policy, _facts(policy, POLICY_FACTS))


def policy_updated(policy: PolicyRow) -> None:
    """Tell what a policy says from now on."""
    _publish("compliance.policy.updated", policy, _facts(policy, POLICY_FACTS))


def policy_deleted(policy: PolicyRow) -> None:
    """Tell what a policy said that is no more."""
    _publish("compliance.policy.deleted", policy, _facts(policy, POLICY_FACTS))


def exemption_granted(exemption: ExemptionRow) -> None:
    """Tell that a policy doesn't count for a resource for a while."""
    _publish("compliance.exemption.granted", exemption, _exemption(exemption))


def exemption_ended(exemption: ExemptionRow) -> None:
    """Tell that a policy counts again before the exemption's time was over."""
    _publish("compliance.exemption.ended", exemption, _exemption(exemption))


def resource_evaluated(result: Result) -> Event:
    """Tell of a decision; the event is its evidence in the audit chain."""
    violated = [violation["policy"] for violation in result.violations]
    return _publish("compliance.resource.evaluated", result, {**_facts(result, RESULT_FACTS), "violated": violated})


def batch_evaluated(
    action: str, resource_type: str, evaluated: int, policy_versions: Mapping[str, int], results: Sequence[Result]
) -> Event:
    """Tell of decisions on several resources; `results` are those that a policy speaks against."""
    batch = new_id("bat")
    data = {
        "id": batch,
        "action": action,
        "resource_type": resource_type,
        "evaluated": evaluated,
        "refused": sum(not result.allowed for result in results),
        "policy_versions": dict(policy_versions),
        "violated": sorted({violation["policy"] for result in results for violation in result.violations}),
        "results": [result.id for result in results],
    }
    return publish(connection, "compliance.batch.evaluated", subject=batch, data=data, sequence=1)


def audit_completed(run: AuditRun) -> None:
    """Tell how all resources stand."""
    score = None if run.score is None else str(run.score)
    data = {"resources": run.resources, "compliant": run.compliant, "score": score}
    _publish("compliance.audit.completed", run, data)


def _facts(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _exemption(exemption: ExemptionRow) -> dict[str, Any]:
    return {
        "policy_id": exemption.policy_id,
        "resource_id": exemption.resource_id,
        "reason": exemption.reason,
        "expires_at": exemption.expires_at.isoformat(),
    }


def _publish(kind: str, row: Any, data: dict[str, Any]) -> Event:
    return publish(connection, kind, subject=row.id, data={"id": row.id, **data}, sequence=row.version)

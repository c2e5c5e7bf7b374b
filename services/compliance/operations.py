"""Use cases of the compliance service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.compliance import events
from services.compliance.domain.conditions import Condition, checked
from services.compliance.domain.policies import ALLOW, Decision, Exemption, Policy, decide
from services.compliance.domain.scores import by_policy, score_of
from services.compliance.models import AuditRun, ExemptionRow, KnownResource, PolicyRow, Result
from services.compliance.repository import (
    audits,
    claim_standing,
    exemptions,
    has_standing,
    policies,
    resources,
    results,
)
from shared.errors import ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.clock import system_clock
from shared.utils.ids import new_id
from shared.web.django import service_settings

BASELINE = "platform-baseline"
AUDIT_ACTION = "audit"


class ExemptionExpired(ValidationFailed):
    """An exemption ends in the future."""

    code = "exemption_expired"


def now() -> datetime:
    """The present time of the service's clock."""
    return system_clock(service_settings().clock_file).now()


def ensure_baseline() -> None:
    """Give a new tenant the policy that allows everything: nothing is refused before somebody says what is.

    Once it is removed it stays away, and only what other policies allow is allowed.
    """
    if has_standing() or not claim_standing():
        return
    policies.add(
        PolicyRow(
            id=new_id("pol"),
            tenant_id=current_tenant(),
            name=BASELINE,
            effect=ALLOW,
            enforcement="deny",
            actions=["*"],
            resource_types=["*"],
            builtin=True,
        )
    )


def create_policy(content: Mapping[str, Any]) -> PolicyRow:
    """A new policy, in force from the next evaluation on. Raises InvalidCondition, PolicyNameTaken."""
    ensure_baseline()
    _check_conditions(content["conditions"])
    policy = policies.add(PolicyRow(id=new_id("pol"), tenant_id=current_tenant(), **content))
    events.policy_event("compliance.policy.created", policy)
    return policy


def change_policy(policy_id: str, changes: Mapping[str, Any], expected_version: int | None) -> PolicyRow:
    """Change a policy; results made before stay pinned to the version before.

    Raises NotFound, InvalidCondition, PolicyNameTaken, VersionConflict.
    """
    policy = policies.get(policy_id, lock=True)
    check_version(policy, expected_version)
    _check_conditions(changes.get("conditions", ()))
    for name, value in changes.items():
        setattr(policy, name, value)
    policies.save(policy)
    events.policy_event("compliance.policy.updated", policy)
    return policy


def delete_policy(policy_id: str) -> None:
    """Remove a policy with its exemptions. Raises NotFound."""
    policy = policies.get(policy_id, lock=True)
    policy.version += 1
    events.policy_event("compliance.policy.deleted", policy)
    policies.delete(policy)


def evaluate(action: str, resource_type: str, resource: Mapping[str, Any]) -> Result:
    """Decide about an action on a resource as it will be, and keep the decision."""
    ensure_baseline()
    moment = now()
    decision = decide(policies.rules(), exemptions.rules(moment), action, resource_type, resource, moment)
    result = results.add(_result(decision, action, resource_type, resource.get("id")))
    return result


def exempt(policy_id: str, resource_id: str | None, reason: str, expires_at: datetime) -> ExemptionRow:
    """Let a policy not count for a resource, or for any, until a time. Raises NotFound, ExemptionExpired."""
    policy = policies.get(policy_id)
    if expires_at <= now():
        raise ExemptionExpired("expires_at is in the past")
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
    events.exemption_event("compliance.exemption.granted", exemption)
    return exemption


def end_exemption(exemption_id: str) -> None:
    """End an exemption before its time. Raises NotFound."""
    exemption = exemptions.get(exemption_id, lock=True)
    exemption.version += 1
    events.exemption_event("compliance.exemption.ended", exemption)
    exemptions.delete(exemption)


def audit() -> dict[str, Any]:
    """Evaluate every known resource as it is now; the audit with the score of each deny policy."""
    ensure_baseline()
    moment, audit_id = now(), new_id("aud")
    rules, exempted = policies.rules(), exemptions.rules(moment)
    made = [_audited(row, rules, exempted, moment, audit_id) for row in resources.all()]
    results.add_all(made)
    total = score_of(result.compliant for result in made)
    run = audits.add(
        AuditRun(
            id=audit_id,
            tenant_id=current_tenant(),
            resources=total.controls,
            compliant=total.passed,
            score=total.percent,
        )
    )
    events.audit_completed(run)
    violated = [v["policy"] for result in made for v in result.violations if not v["exempted"]]
    names = [rule.name for rule in rules if rule.effect != ALLOW]
    return {"run": run, "policies": by_policy(violated, names, total.controls)}


def note_resource(
    resource_type: str, resource_id: str, attributes: Mapping[str, Any], sequence: int, *, deleted: bool = False
) -> None:
    """Remember a resource as its service tells of it; what is older than what is known changes nothing."""
    row = resources.of(resource_type, resource_id)
    if row is None:
        row = resources.new(resource_type, resource_id, {}, -1)
    if sequence <= row.sequence:
        return
    row.attributes = {**row.attributes, **attributes, "id": resource_id}
    row.sequence, row.deleted = sequence, deleted
    resources.save(row)


def _audited(
    row: KnownResource, rules: list[Policy], exempted: list[Exemption], moment: datetime, audit_id: str
) -> Result:
    """The result for one resource: as if it were created again today."""
    action = f"{row.attributes.get('service', 'compute')}.{row.resource_type}s.create"
    decision = decide(rules, exempted, action, row.resource_type, row.attributes, moment)
    result = _result(decision, AUDIT_ACTION, row.resource_type, row.resource_id)
    result.audit = audit_id
    return result


def _result(decision: Decision, action: str, resource_type: str, resource_id: str | None) -> Result:
    """A decision as a result, with its evidence on the way to the audit chain."""
    result = Result(
        id=new_id("res"),
        tenant_id=current_tenant(),
        action=action,
        resource_type=resource_type,
        resource_id=resource_id,
        allowed=decision.allowed,
        compliant=decision.compliant,
        enforcement=decision.enforcement,
        violations=[asdict(violation) for violation in decision.violations],
        policy_versions=dict(decision.policy_versions),
    )
    result.evidence = events.resource_evaluated(result).id
    return result


def _check_conditions(conditions: Any) -> None:
    for condition in conditions:
        checked(Condition(condition["field"], condition["operator"], condition.get("value")))

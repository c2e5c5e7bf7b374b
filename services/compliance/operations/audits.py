"""Audits: every known resource as it is now, with the score of each deny policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.compliance import published
from services.compliance.domain.policies import ALLOW, Exemption, Policy, decide
from services.compliance.domain.scores import by_policy, score_of
from services.compliance.models import AuditRun, KnownResource, Result
from services.compliance.operations.evaluations import result_of
from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import audits, exemptions, policies, resources, results
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

ACTION = "audit"
"""The action of an audit's results: nobody asked for the resource to be changed."""


def run_audit(ports: Ports) -> dict[str, Any]:
    """Evaluate every known resource as it is now; the audit with the score of each deny policy."""
    ensure_baseline()
    moment, audit_id = ports.clock.now(), new_id("aud")
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
    published.audit_completed(run)
    violated = [v["policy"] for result in made for v in result.violations if not v["exempted"]]
    names = [rule.name for rule in rules if rule.effect != ALLOW]
    return {"run": run, "policies": by_policy(violated, names, total.controls)}


def _audited(
    row: KnownResource, rules: list[Policy], exempted: list[Exemption], moment: datetime, audit_id: str
) -> Result:
    """The result for one resource: as if it were created again today."""
    action = f"{row.attributes.get('service', 'compute')}.{row.resource_type}s.create"
    decision = decide(rules, exempted, action, row.resource_type, row.attributes, moment)
    result = result_of(decision, ACTION, row.resource_type, row.resource_id)
    result.audit = audit_id
    return result

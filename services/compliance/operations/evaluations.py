"""Evaluations: decisions about resources as they will be, each kept as a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.compliance import published
from services.compliance.domain.policies import Decision, decide
from services.compliance.models import Result
from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import exemptions, policies, results
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def evaluate(ports: Ports, action: str, resource_type: str, resource: Mapping[str, Any]) -> Result:
    """Decide about an action on a resource as it will be, and keep the decision."""
    ensure_baseline()
    moment = ports.clock.now()
    decision = decide(policies.rules(), exemptions.rules(moment), action, resource_type, resource, moment)
    return results.add(result_of(decision, action, resource_type, resource.get("id")))


def result_of(
    decision: Decision, action: str, resource_type: str, resource_id: str | None, audit: str | None = None
) -> Result:
    """A decision as a result that is yet to be inserted, with its evidence on the way to the audit chain."""
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
        audit=audit,
    )
    result.evidence = published.resource_evaluated(result).id
    return result

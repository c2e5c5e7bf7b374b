"""Evaluations: decisions about resources as they will be, each kept as a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.compliance import published
from services.compliance.domain.policies import Decision, concerned_by, decide, judge
from services.compliance.domain.resources import check_id, check_size
from services.compliance.models import Result
from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import exemptions, policies, results
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def evaluate(ports: Ports, action: str, resource_type: str, resource: Mapping[str, Any]) -> Result:
    """Decide about an action on a resource as it will be, and keep the decision.

    Raises ResourceTooLarge, ValidationFailed for its `id`.
    """
    check_size(resource)
    check_id(resource)
    ensure_baseline()
    moment = ports.clock.now()
    decision = decide(policies.rules(), exemptions.rules(moment), action, resource_type, resource, moment)
    return results.add(result_of(decision, action, resource_type, resource.get("id")))


def evaluate_batch(
    ports: Ports, action: str, resource_type: str, resources: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Decide about an action on each of several resources as they will be; what `BatchOut` tells.

    Kept are the decisions that something speaks against, as a periodic audit does, with one event as evidence for
    all: thousands are decided on within a request that waits. Raises ResourceTooLarge, ValidationFailed for an `id`.
    """
    for resource in resources:
        check_size(resource)
        check_id(resource)
    ensure_baseline()
    moment = ports.clock.now()
    rules = concerned_by(policies.rules(), action, resource_type)
    exempted = exemptions.rules(moment)
    found = [(each.get("id"), judge(rules, exempted, each, moment)) for each in resources]
    told = [_result(decision, action, resource_type, id) for id, decision in found if decision.violations]
    event = published.batch_evaluated(
        action, resource_type, len(found), {rule.id: rule.version for rule in rules}, told
    )
    for result in told:
        result.evidence = event.id
    results.add_all(told)
    allowed = all(result.allowed for result in told)
    return {"allowed": allowed, "evaluated": len(found), "evidence": event.id, "results": told}


def result_of(
    decision: Decision, action: str, resource_type: str, resource_id: str | None, audit: str | None = None
) -> Result:
    """A decision as a result that is yet to be inserted, with its evidence on the way to the audit chain."""
    result = _result(decision, action, resource_type, resource_id, audit)
    result.evidence = published.resource_evaluated(result).id
    return result


def _result(
    decision: Decision, action: str, resource_type: str, resource_id: str | None, audit: str | None = None
) -> Result:
    return Result(
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

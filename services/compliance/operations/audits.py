"""Audits: every known resource as it is now, with the score of each deny policy.

Somebody asks for one, or one is due: when a resource, a policy or an exemption has changed, when an exemption has
expired, and in any case once a day. A periodic audit keeps results of what isn't compliant any more, or is so again, as
AWS Config tells changes of compliance; one that was asked for keeps a result of each resource.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from services.compliance import published
from services.compliance.domain.policies import ALLOW, Decision, Policy, concerned_by, judge
from services.compliance.domain.resources import KEEP_GONE
from services.compliance.domain.scores import by_policy, score_of
from services.compliance.models import AuditRun, KnownResource, Result
from services.compliance.operations.evaluations import result_of
from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import (
    audits,
    claim_audit,
    claim_due,
    due_tenants,
    exemptions,
    policies,
    put_off,
    resources,
    results,
)
from shared.errors import OmniCloudError
from shared.events.processing import TransactionRunner
from shared.events.resources import CREATE, ResourceKind
from shared.kernel.context import current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

ACTION = "audit"
"""The action of an audit's results: nobody asked for the resource to be changed."""
EVERY = timedelta(days=1)
"""How long nothing has to change for a tenant's resources to be looked at again all the same."""
ROUND = 500
"""Tenants that are looked at in one round."""

log = logger("compliance.audits")


def run_audit(ports: Ports) -> dict[str, Any]:
    """Evaluate every known resource as it is now; the audit with the score of each deny policy.

    One that is under way, a periodic one or somebody else's, is waited for: each sees what the one before has noted,
    and no change is told of twice. Raises Busy where that takes longer than a request waits for a lock.
    """
    ensure_baseline()
    claim_audit()
    return _audit(ports, periodic=False)


def run_due_audits(ports: Ports, transactions: TransactionRunner) -> int:
    """Look at the resources of every tenant that is due; how many there were. One tenant's trouble is its own."""
    tenants = transactions.run(lambda _: due_tenants(ports.clock.now(), ROUND))
    return sum(_run_due(ports, transactions, tenant_id) for tenant_id in tenants)


def _run_due(ports: Ports, transactions: TransactionRunner, tenant_id: str) -> bool:
    def work(_transaction: Any) -> bool:
        now = ports.clock.now()
        writer = claim_due(now)
        if writer is None:
            return False
        _audit(ports, periodic=True)
        resources.forget_gone(now - KEEP_GONE)
        put_off(min(now + EVERY, exemptions.next_end(now) or now + EVERY), now, writer)
        return True

    try:
        with service_context("compliance", tenant_id, ports.clock, work=Work("compliance audit")):
            return transactions.run(work)
    except OmniCloudError as error:
        log.warning("an audit failed", tenant=tenant_id, error=error.detail)
        return False
    except Exception:  # One tenant's audit keeps no other's from being done.
        log.exception("an audit failed", tenant=tenant_id)
        return False


def _audit(ports: Ports, *, periodic: bool) -> dict[str, Any]:
    moment, audit_id = ports.clock.now(), new_id("aud")
    rules, exempted = policies.rules(), exemptions.rules(moment)

    @cache
    def concerned(action: str, noun: str) -> list[Policy]:
        return concerned_by(rules, action, noun)

    found = [
        (row, judge(concerned(_action(row), row.resource_type), exempted, row.attributes, moment))
        for row in resources.all()
    ]
    news = {row.id for row, decision in found if row.compliant is False or not decision.compliant}
    changed = [(row, decision) for row, decision in found if _judge(row, decision)]
    told = [each for each in changed if each[0].id in news] if periodic else found
    results.add_all([_result(row, decision, audit_id) for row, decision in told])
    total = score_of(decision.compliant for _, decision in found)
    run = AuditRun(
        id=audit_id,
        tenant_id=current_tenant(),
        resources=total.controls,
        compliant=total.passed,
        score=total.percent,
        periodic=periodic,
    )
    if told or not periodic:
        published.audit_completed(audits.add(run))
    resources.judged([row for row, _ in changed])  # Last: events wait from here on.
    violated = [v.policy for _, decision in found for v in decision.violations if v.policy_id and not v.exempted]
    names = [rule.name for rule in rules if rule.effect != ALLOW]
    return {"run": run, "policies": by_policy(violated, names, total.controls)}


def _action(row: KnownResource) -> str:
    """What one resource is judged by: as if it were created again today."""
    return ResourceKind(row.attributes.get("service", "compute"), row.resource_type).action(CREATE)


def _judge(row: KnownResource, decision: Decision) -> bool:
    """Note what was found of a resource; whether that is something else than before."""
    violated = sorted({violation.policy_id for violation in decision.violations if not violation.exempted})
    if (row.compliant, row.violated) == (decision.compliant, violated):
        return False
    row.compliant, row.violated = decision.compliant, violated
    return True


def _result(row: KnownResource, decision: Decision, audit_id: str) -> Result:
    return result_of(decision, ACTION, row.resource_type, row.resource_id, audit_id)

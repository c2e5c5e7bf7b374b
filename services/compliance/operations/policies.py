"""Policies: the baseline, and what tenants make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.compliance import published
from services.compliance.domain.conditions import Condition, checked
from services.compliance.domain.policies import ALLOW, MAX_POLICIES, ComplianceLimitReached, check_characters
from services.compliance.models import PolicyRow
from services.compliance.ports import Ports
from services.compliance.repository import claim_standing, has_standing, mark_due, policies
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id

BASELINE = "platform-baseline"


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


def create_policy(ports: Ports, content: Mapping[str, Any]) -> PolicyRow:
    """A new policy, in force from the next evaluation on.

    Raises InvalidCondition, PolicyNameTaken, ComplianceLimitReached.
    """
    ensure_baseline()
    _check_conditions(content["conditions"])
    if policies.count() >= MAX_POLICIES:
        raise ComplianceLimitReached(f"there are {MAX_POLICIES} policies, as many as there may be", limit=MAX_POLICIES)
    policy = PolicyRow(id=new_id("pol"), tenant_id=current_tenant(), **content)
    check_characters(policies.rules(), policy.rule())
    policies.add(policy)
    published.policy_created(policy)
    mark_due(ports.clock.now())
    return policy


def change_policy(
    ports: Ports, policy_id: str, changes: Mapping[str, Any], expected_version: EntityTags | None
) -> PolicyRow:
    """Change a policy; results made before stay pinned to the version before.

    Raises NotFound, InvalidCondition, PolicyNameTaken, VersionConflict, ComplianceLimitReached.
    """
    policy = policies.get(policy_id, lock=True)
    check_version(policy, expected_version)
    _check_conditions(changes.get("conditions", ()))
    for name, value in changes.items():
        setattr(policy, name, value)
    policies.alone()
    check_characters(policies.rules(), policy.rule())
    policies.save(policy)
    published.policy_updated(policy)
    mark_due(ports.clock.now())
    return policy


def delete_policy(ports: Ports, policy_id: str, expected_version: EntityTags | None) -> None:
    """Remove a policy with its exemptions. Raises NotFound, VersionConflict."""
    policy = policies.get(policy_id, lock=True)
    check_version(policy, expected_version)
    _delete(policy)
    mark_due(ports.clock.now())


def delete_all() -> None:
    """Remove what a tenant that is gone has made of policies, and their exemptions.

    The baseline stays as it is: what is still under way for the tenant ends by other rules.
    """
    for policy in policies.all_locked():
        if not policy.builtin:
            _delete(policy)


def _delete(policy: PolicyRow) -> None:
    policy.version += 1
    published.policy_deleted(policy)
    policies.delete(policy)


def _check_conditions(conditions: Iterable[Mapping[str, Any]]) -> None:
    for condition in conditions:
        checked(Condition(condition["field"], condition["operator"], condition.get("value")))

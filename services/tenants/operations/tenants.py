"""Use cases around tenants. Each runs in the transaction of its request, its events included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.tenants import published
from services.tenants.domain import plans
from services.tenants.domain.slugs import skeleton_of, slug_of
from services.tenants.domain.tenants import Action, State, next_state
from services.tenants.models import Tenant
from services.tenants.operations.quotas import change_plan_limits, give_plan_limits
from services.tenants.repository import tenants
from shared.infra.db.django import check_version
from shared.kernel.context import current, use_context
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.web.permissions import PLATFORM, ensure_allowed


def create_tenant(name: str, plan: str, overrides: Mapping[str, int]) -> Tenant:
    """A new, active tenant with the limits of its plan, or those given in their place.

    Raises NameTaken, InvalidName, UnknownPlan, UnknownResource or InvalidAmount.
    """
    chosen = plans.plan_named(plan)
    tenant_id = new_id("t")
    tenant = tenants.add(
        Tenant(
            id=tenant_id,
            tenant_id=tenant_id,
            name=name,
            slug=slug_of(name),
            skeleton=skeleton_of(name),
            plan=chosen.name,
            state=State.ACTIVE,
        )
    )
    give_plan_limits(tenant_id, plans.limits_for(chosen, overrides))
    published.tenant_created(tenant)
    return tenant


def update_tenant(tenant_id: str, changes: Mapping[str, Any], expected_version: EntityTags | None) -> Tenant:
    """Rename a tenant, or (operators) move it to another plan, whose limits then hold from now on.

    Raises NameTaken, InvalidName, UnknownPlan, Forbidden, VersionConflict; LimitBelowUsage when it holds more than the
    new plan allows.
    """
    tenant = tenants.get(tenant_id, lock=True)
    check_version(tenant, expected_version)
    if "name" in changes:
        tenant.name, tenant.slug = changes["name"], slug_of(changes["name"])
        tenant.skeleton = skeleton_of(tenant.name)
    if "plan" in changes:
        ensure_allowed(current().caller, PLATFORM)
        plan = plans.plan_named(changes["plan"])
        tenant.plan = plan.name
    tenants.save(tenant)
    if "plan" in changes:
        context = current()
        with use_context(replace(context, identity=context.caller.in_tenant(tenant.id))):
            change_plan_limits(plan.limits)
    published.tenant_updated(tenant)
    return tenant


_TOLD: Mapping[Action, Callable[[Tenant], None]] = {
    Action.SUSPEND: published.tenant_suspended,
    Action.RESUME: published.tenant_resumed,
    Action.CLOSE: published.tenant_closed,
}


def change_state(tenant_id: str, action: Action, expected_version: EntityTags | None) -> Tenant:
    """Suspend, resume or close a tenant. Raises InvalidTransition or VersionConflict."""
    tenant = tenants.get(tenant_id, lock=True)
    check_version(tenant, expected_version)
    tenant.state = next_state(State(tenant.state), action)
    tenants.save(tenant)
    _TOLD[action](tenant)
    return tenant

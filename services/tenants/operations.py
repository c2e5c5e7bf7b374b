"""Use cases around tenants and projects. Each runs in the transaction of its request, its events included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.tenants import events, quota_operations
from services.tenants.domain import lifecycle, plans
from services.tenants.domain.projects import check_place, subtree
from services.tenants.domain.slugs import slug_of
from services.tenants.models import Project, Tenant
from services.tenants.repository import projects, quotas, reservations, tenants
from shared.errors import Conflict
from shared.infra.db.django import check_version
from shared.kernel.context import current, current_tenant, use_context
from shared.utils.ids import new_id
from shared.web.permissions import PLATFORM, ensure_allowed


class ProjectInUse(Conflict):
    """The project has projects, limits or claims below it."""

    code = "project_in_use"


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
            plan=chosen.name,
            state=lifecycle.State.ACTIVE,
        )
    )
    quota_operations.give_plan_limits(tenant_id, plans.limits_for(chosen, overrides))
    events.tenant_event("tenants.tenant.created", tenant)
    return tenant


def update_tenant(tenant_id: str, changes: Mapping[str, Any], expected_version: int | None) -> Tenant:
    """Rename a tenant, or (operators) move it to another plan, whose limits then hold from now on.

    Raises NameTaken, InvalidName, UnknownPlan, Forbidden, VersionConflict; LimitBelowUsage when it holds more than the
    new plan allows.
    """
    tenant = tenants.get(tenant_id, lock=True)
    check_version(tenant, expected_version)
    if "name" in changes:
        tenant.name, tenant.slug = changes["name"], slug_of(changes["name"])
    if "plan" in changes:
        ensure_allowed(current().caller, PLATFORM)
        plan = plans.plan_named(changes["plan"])
        tenant.plan = plan.name
    tenants.save(tenant)
    if "plan" in changes:
        context = current()
        with use_context(replace(context, identity=context.caller.in_tenant(tenant.id))):
            quota_operations.change_plan_limits(plan.limits)
    events.tenant_event("tenants.tenant.updated", tenant)
    return tenant


def change_state(tenant_id: str, action: lifecycle.Action) -> Tenant:
    """Suspend, resume or close a tenant. Raises InvalidTransition."""
    tenant = tenants.get(tenant_id, lock=True)
    tenant.state = lifecycle.next_state(lifecycle.State(tenant.state), action)
    tenants.save(tenant)
    events.tenant_event(lifecycle.EVENTS[action], tenant)
    return tenant


def create_project(name: str, parent_id: str | None) -> Project:
    """A new project, counted against the tenant's quota of projects.

    Raises NameTaken, InvalidName, NotFound for the parent, ProjectTooDeep, QuotaExceeded, TenantNotActive.
    """
    tenant = tenants.get(current_tenant(), lock=True)
    project_id = new_id("p")
    quota_operations.reserve("projects", 1, project_id)
    check_place(projects.parents(), project_id, parent_id)
    project = projects.add(
        Project(id=project_id, tenant_id=tenant.id, name=name, slug=slug_of(name), parent_id=parent_id)
    )
    quota_operations.commit(project_id)
    events.project_event("tenants.project.created", project)
    return project


def update_project(project_id: str, changes: Mapping[str, Any], expected_version: int | None) -> Project:
    """Rename a project, or move it with all below it.

    A project whose subtree has limits or claims stays where it is: they count in the projects above it. Raises
    ProjectInUse, ProjectCycle, ProjectTooDeep, NameTaken, InvalidName, VersionConflict, or NotFound.
    """
    tenants.get(current_tenant(), lock=True)
    project = projects.get(project_id, lock=True)
    check_version(project, expected_version)
    if "name" in changes:
        project.name, project.slug = changes["name"], slug_of(changes["name"])
    if "parent_id" in changes and changes["parent_id"] != project.parent_id:
        parents = projects.parents()
        check_place(parents, project_id, changes["parent_id"])
        _check_unused(subtree(parents, project_id))
        project.parent_id = changes["parent_id"]
    projects.save(project)
    events.project_event("tenants.project.updated", project)
    return project


def delete_project(project_id: str) -> None:
    """Remove a project that nothing is in. Raises ProjectInUse or NotFound."""
    tenants.get(current_tenant(), lock=True)
    project = projects.get(project_id, lock=True)
    if len(subtree(projects.parents(), project_id)) > 1:
        raise ProjectInUse("there are projects below it")
    _check_unused([project_id])
    project.version += 1
    events.project_event("tenants.project.deleted", project)
    projects.delete(project)
    quota_operations.release(project_id)


def _check_unused(project_ids: list[str]) -> None:
    if quotas.exist_for(project_ids) or reservations.open_for(project_ids):
        raise ProjectInUse("limits or resources belong to it; remove them first")

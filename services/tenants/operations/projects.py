"""Use cases around projects. Each runs in the transaction of its request, its events included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.tenants import published
from services.tenants.domain.projects import below, check_place, subtree
from services.tenants.domain.slugs import slug_of
from services.tenants.models import Project
from services.tenants.operations.reservations import commit, release, reserve
from services.tenants.ports import Ports
from services.tenants.repository import projects, quotas, reservations, tenants
from shared.errors import Conflict, Forbidden
from shared.events.admission import ask, ask_again
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.django import check_version
from shared.kernel.context import current, current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest
from shared.web.permissions import allowed, projects_with


class ProjectInUse(Conflict):
    """The project has projects, limits or claims below it."""

    code = "project_in_use"


READ, WRITE = "tenants:read", "tenants:write"


def read_project(project_id: str) -> Project:
    """A project that the caller may read. Raises NotFound or Forbidden."""
    project = projects.get(project_id)
    ensure_allowed_in(READ, project_id)
    return project


def readable_projects(request: PageRequest) -> Page[Project]:
    """The projects that the caller may read: all of the tenant's, or those below the ones that a role was given for."""
    caller = current().caller
    if allowed(caller, READ):
        return projects.page(request)
    return projects.page(request, id__in=below(projects.parents(), projects_with(caller, READ)))


def ensure_allowed_in(permission: str, project_id: str | None) -> None:
    """Raise Forbidden unless the caller holds a permission in a project, in one above it, or in the whole tenant; None
    stands for the tenant.

    A role in a project holds in all below it, as everywhere where projects nest (Keystone's inherited roles).
    """
    caller = current().caller
    if allowed(caller, permission):
        return
    held = projects_with(caller, permission)
    if project_id is None or not held or project_id not in below(projects.parents(), held):
        raise Forbidden(f"this needs the permission {permission} in the project", permission=permission)


def ensure_allowed_while_there(permission: str, project_id: str) -> None:
    """The same of a project that may have been removed: then it lies below nothing, and who asks knew it before."""
    if projects.scoped().filter(id=project_id).exists():
        ensure_allowed_in(permission, project_id)


def create_project(ports: Ports, name: str, parent_id: str | None) -> Project:
    """A new project, counted against the tenant's quota of projects.

    Policies are asked before the tenant is locked: nobody waits for them who counts something else against its quotas,
    or suspends it. Raises NameTaken, InvalidName, NotFound for the parent, ProjectTooDeep, QuotaExceeded,
    TenantNotActive, Forbidden, PolicyDenied.
    """
    ensure_allowed_in(WRITE, parent_id)
    project = Project(id=new_id("p"), tenant_id=current_tenant(), name=name, slug=slug_of(name), parent_id=parent_id)
    ask(published.PROJECT, project.id, CREATE, published.project_facts(project))
    tenants.get(current_tenant(), lock=True)
    ensure_allowed_in(WRITE, parent_id)  # The parent may have been moved while policies were asked.
    reserve(ports, "projects", 1, project.id)
    check_place(projects.parents(), project.id, parent_id)
    projects.add(project)
    commit(project.id)
    published.project_created(project)
    return project


def update_project(project_id: str, changes: Mapping[str, Any], expected_version: EntityTags | None) -> Project:
    """Rename a project, or move it with all below it.

    A project whose subtree has limits or claims stays where it is: they count in the projects above it. Raises
    ProjectInUse, ProjectCycle, ProjectTooDeep, NameTaken, InvalidName, VersionConflict, NotFound, Forbidden or
    PolicyDenied.
    """
    project = projects.get(project_id)
    ensure_allowed_in(WRITE, project_id)
    if changes.get("parent_id", project.parent_id) != project.parent_id:
        ensure_allowed_in(WRITE, changes["parent_id"])
    check_version(project, expected_version)
    asked = {**published.project_facts(project), **changes}
    ask(published.PROJECT, project_id, UPDATE, asked)
    tenants.get(current_tenant(), lock=True)  # Not while somebody else is asked, so the project is read anew.
    project = projects.get(project_id, lock=True)
    ensure_allowed_in(WRITE, project_id)
    check_version(project, expected_version)
    if {**published.project_facts(project), **changes} != asked:
        ask_again(published.PROJECT, project_id, UPDATE)
    if "name" in changes:
        project.name, project.slug = changes["name"], slug_of(changes["name"])
    if "parent_id" in changes and changes["parent_id"] != project.parent_id:
        ensure_allowed_in(WRITE, changes["parent_id"])
        parents = projects.parents()
        check_place(parents, project_id, changes["parent_id"])
        _check_unused(subtree(parents, project_id))
        project.parent_id = changes["parent_id"]
    projects.save(project)
    published.project_updated(project)
    return project


def delete_project(project_id: str, expected_version: EntityTags | None) -> None:
    """Remove a project that nothing is in. Raises ProjectInUse, NotFound, VersionConflict or Forbidden."""
    tenants.get(current_tenant(), lock=True)
    project = projects.get(project_id, lock=True)
    ensure_allowed_in(WRITE, project_id)
    check_version(project, expected_version)
    if len(subtree(projects.parents(), project_id)) > 1:
        raise ProjectInUse("there are projects below it")
    _check_unused([project_id])
    project.version += 1
    published.project_deleted(project)
    projects.delete(project)
    release(project_id)


def _check_unused(project_ids: list[str]) -> None:
    if quotas.exist_for(project_ids) or reservations.open_for(project_ids):
        raise ProjectInUse("limits or resources belong to it; remove them first")

"""Use cases around roles. A grant, what it is narrowed to and its event are written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.auth import published
from services.auth.domain.grants import TENANT_ADMIN, RoleGrant, Scope, check_may_grant, check_not_last
from services.auth.models import Grant
from services.auth.ports import Ports
from services.auth.repository import accounts, grants
from shared.errors import Conflict, NotFound, ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current
from shared.kernel.identity import CROSS_TENANT_KINDS
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest
from shared.web.permissions import allowed, ensure_allowed, projects_with

READ = "auth:read"
ADMINISTRATOR = RoleGrant(TENANT_ADMIN, Scope())


class UnknownProject(ValidationFailed):
    """The tenant has no such project."""

    code = "unknown_project"


class AlreadyGranted(Conflict):
    """The subject has the role in that scope."""

    code = "already_granted"


def grant_role(ports: Ports, subject: str, role: str, scope: str) -> Grant:
    """Give an account a role, in the whole tenant or in one project.

    Raises UnknownRole, InvalidScope, GrantTooWide, AlreadyGranted, UnknownProject, or NotFound for the subject.
    """
    wanted = RoleGrant.parse(role, scope)
    _check_may_grant(wanted)
    account = accounts.get(subject, lock=True)
    if wanted in grants.granted_to(account.id).values():
        raise AlreadyGranted(f"{subject} is {role} in {scope} already")
    grant = grants.add(Grant(id=new_id("g"), tenant_id=account.tenant_id, account=account, role=role))
    if wanted.scope.project_id is not None:
        _narrow(ports, grant, wanted.scope.project_id)
    published.grant_created(grant)
    return grant


def grant_roles(ports: Ports, wanted: Iterable[Mapping[str, str]]) -> list[Grant]:
    """Give several roles, all or none. Raises what `grant_role` raises, for the first that isn't acceptable."""
    return [grant_role(ports, entry["subject"], entry["role"], entry["scope"]) for entry in wanted]


def readable_grants(request: PageRequest, subject: str | None) -> Page[Grant]:
    """The tenant's grants, or those in the projects that the caller may look into; of one subject if one is named."""
    filters: dict[str, Any] = {"account_id": subject} if subject else {}
    if not allowed(current().caller, READ):
        filters["narrowing__project_id__in"] = projects_with(current().caller, READ)
    return grants.page(request, **filters)


def read_grant(grant_id: str) -> Grant:
    """A grant that the caller may see. Raises NotFound or Forbidden."""
    grant = grants.get(grant_id)
    ensure_allowed(current().caller, READ, grant.scope.project_id)
    return grant


def take_back(grant_id: str, expected_version: EntityTags | None) -> None:
    """End a grant. Raises GrantTooWide, LastAdministrator, VersionConflict or NotFound."""
    accounts.get(grants.get(grant_id).account_id, lock=True)
    grant = grants.get(grant_id)  # Another may have taken it back meanwhile.
    ending = RoleGrant(grant.role, grant.scope)
    _check_may_grant(ending)
    check_version(grant, expected_version)
    if ending == ADMINISTRATOR and not grants.administers_by_another(grant):
        ensure_another_administrator(grant.account_id)
    grant.version += 1
    published.grant_deleted(grant)
    grants.delete(grant)


def ensure_another_administrator(leaving: str) -> None:
    """Somebody else administers the tenant, so that an account can leave. Raises LastAdministrator.

    Operators of the platform may take even the last one away: they can make another.
    """
    caller = current().caller
    if caller.kind not in CROSS_TENANT_KINDS:
        check_not_last(grants.hold_administrators(caller.tenant_id), leaving)


def ensure_may_grant(wanted: Iterable[Mapping[str, str]]) -> None:
    """Raise GrantTooWide unless the caller may give all of these roles."""
    for entry in wanted:
        _check_may_grant(RoleGrant.parse(entry["role"], entry.get("scope", "tenant")))


def _narrow(ports: Ports, grant: Grant, project_id: str) -> None:
    try:
        ports.tenants.project(project_id)
    except NotFound as error:
        raise UnknownProject(f"there is no project {project_id}", project_id=project_id) from error
    grants.narrow(grant, project_id)


def _check_may_grant(wanted: RoleGrant) -> None:
    """Operators and services may grant everything; others what their own grants cover."""
    caller = current().caller
    if caller.kind not in CROSS_TENANT_KINDS:
        check_may_grant((RoleGrant(held.role, Scope.parse(held.scope)) for held in caller.grants), wanted)

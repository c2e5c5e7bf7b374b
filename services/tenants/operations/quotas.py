"""Use cases around quotas. Each runs in the transaction of its request; rows are locked before they are judged."""

from __future__ import annotations

from collections.abc import Mapping

from services.tenants import published
from services.tenants.domain import plans, quotas
from services.tenants.domain.projects import Parents, ancestors, subtree
from services.tenants.domain.quotas import ReservationState
from services.tenants.models import Quota
from services.tenants.repository import projects, reservations, tenants
from services.tenants.repository import quotas as quota_rows
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.utils.ids import new_id


def set_tenant_limit(resource: str, limit: int, expected_version: EntityTags | None) -> Quota:
    """Set the tenant's limit. Raises LimitBelowUsage, or ChildrenExceedParent when its projects' limits don't fit."""
    plans.check_resource(resource)
    tree = quota_rows.lock_tree(resource)
    check_version(tree[None], expected_version)
    return _limit_tenant(tree, projects.parents(), limit)


def set_project_limit(project_id: str, resource: str, limit: int, expected_version: EntityTags | None) -> Quota:
    """Set the limit of a project, for itself and all below it.

    What the project and those below it hold already counts. Raises LimitBelowUsage, ChildrenExceedParent, NotFound, or
    VersionConflict, also where a version is expected and there is no limit yet.
    """
    plans.check_resource(resource)
    tenants.get(current_tenant(), lock=True)
    project = projects.get(project_id)
    tree = quota_rows.lock_tree(resource)
    row = tree.get(project_id)
    ensure_version(None if row is None else row.version, expected_version)
    parents = projects.parents()
    quotas.check_limit(limit)
    _check_nested(tree, parents, project_id, limit)
    if row is not None:
        row = store(row, figures(row).with_limit(limit))
    else:
        held = reservations.held(resource, subtree(parents, project_id))
        present = quotas.Quota(
            resource,
            limit=0,
            used=held.get(ReservationState.COMMITTED, 0),
            reserved=held.get(ReservationState.RESERVED, 0),
        ).with_limit(limit)
        row = quota_rows.add(_new_row(project.tenant_id, project_id, present))
    published.quota_changed(row)
    return row


def give_plan_limits(tenant_id: str, limits: Mapping[str, int]) -> None:
    """The tenant's first limits, one for each counted resource."""
    quota_rows.add_all(_new_row(tenant_id, None, quotas.Quota(resource, limit)) for resource, limit in limits.items())


def change_plan_limits(limits: Mapping[str, int]) -> None:
    """Set all limits of the tenant. Raises LimitBelowUsage or ChildrenExceedParent for the first that doesn't fit."""
    trees, parents = quota_rows.lock_trees(), projects.parents()
    for resource, limit in limits.items():
        if trees[resource][None].limit != limit:
            _limit_tenant(trees[resource], parents, limit)


def _limit_tenant(tree: Mapping[str | None, Quota], parents: Parents, limit: int) -> Quota:
    _check_nested(tree, parents, None, limit)
    row = store(tree[None], figures(tree[None]).with_limit(limit))
    published.quota_changed(row)
    return row


def _check_nested(tree: Mapping[str | None, Quota], parents: Parents, project_id: str | None, limit: int) -> None:
    quotas.check_nested(
        tree[None].resource,
        {member: row.limit for member, row in tree.items()},
        {member: ancestors(parents, member) for member in parents},
        project_id,
        limit,
    )


def _new_row(tenant_id: str, project_id: str | None, figures: quotas.Quota) -> Quota:
    return Quota(
        id=new_id("q"),
        tenant_id=tenant_id,
        project_id=project_id,
        resource=figures.resource,
        limit=figures.limit,
        used=figures.used,
        reserved=figures.reserved,
    )


def figures(row: Quota) -> quotas.Quota:
    """What the rules say about a stored limit is asked of these."""
    return quotas.Quota(row.resource, row.limit, row.used, row.reserved)


def store(row: Quota, changed: quotas.Quota) -> Quota:
    """Write back what the rules made of a locked limit."""
    row.limit, row.used, row.reserved = changed.limit, changed.used, changed.reserved
    return quota_rows.save(row)

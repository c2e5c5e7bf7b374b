"""Use cases around quotas. Each runs in the transaction of its request; rows are locked before they are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.tenants import events
from services.tenants.domain import lifecycle, plans, quotas
from services.tenants.domain.projects import Parents, ancestors, subtree
from services.tenants.domain.quotas import ReservationState, Transition
from services.tenants.models import Quota, Reservation
from services.tenants.repository import ReservationConflict, projects, reservations, tenants
from services.tenants.repository import quotas as quota_rows
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def reserve(resource: str, amount: int, reservation_id: str, project_id: str | None = None) -> Reservation:
    """Claim an amount of a resource for the tenant, and within it for a project and all projects above it.

    The same claim under the same name is made once, however often it is asked for. Raises QuotaExceeded,
    TenantNotActive, ReservationConflict, UnknownResource, or NotFound for the project.
    """
    plans.check_resource(resource)
    tenant = tenants.get(current_tenant(), lock=project_id is not None)
    lifecycle.check_active(lifecycle.State(tenant.state))
    rows = quota_rows.lock(resource, _line(project_id))
    known = reservations.find(reservation_id)
    if known is not None:
        if (known.resource, known.amount, known.project_id) != (resource, amount, project_id):
            raise ReservationConflict(f"{reservation_id} stands for {known.amount} of {known.resource}")
        return known
    for row in rows:
        _store(row, _figures(row).reserve(amount))
    reservation = reservations.add(
        Reservation(
            id=new_id("qr"),
            tenant_id=tenant.id,
            reservation_id=reservation_id,
            resource=resource,
            amount=amount,
            project_id=project_id,
            state=ReservationState.RESERVED,
        )
    )
    events.reservation_event("tenants.reservation.reserved", reservation)
    return reservation


def commit(reservation_id: str) -> Reservation:
    """Note that the claimed resource exists. Raises ReservationFinished after a release."""
    return _settle(reservation_id, quotas.commit, "tenants.reservation.committed")


def release(reservation_id: str) -> Reservation:
    """Give a claim back, whether its resource is gone or was never made; allowed in every state of the tenant."""
    return _settle(reservation_id, quotas.release, "tenants.reservation.released")


def _settle(reservation_id: str, rule: Callable[[ReservationState], Transition], event: str) -> Reservation:
    reservation = reservations.named(reservation_id)
    if reservation.project_id is not None:
        tenants.get(current_tenant(), lock=True)
    rows = quota_rows.lock(reservation.resource, _line(reservation.project_id))
    reservation.refresh_from_db()
    transition = rule(ReservationState(reservation.state))
    if transition.changes_nothing:
        return reservation
    for row in rows:
        _store(row, _figures(row).settle(transition, reservation.amount))
    reservation.state = transition.state
    reservations.save(reservation)
    events.reservation_event(event, reservation)
    return reservation


def set_tenant_limit(resource: str, limit: int, expected_version: int | None) -> Quota:
    """Set the tenant's limit. Raises LimitBelowUsage, or ChildrenExceedParent when its projects' limits don't fit."""
    plans.check_resource(resource)
    tree = quota_rows.lock_tree(resource)
    check_version(tree[None], expected_version)
    return _limit_tenant(tree, projects.parents(), limit)


def set_project_limit(project_id: str, resource: str, limit: int) -> Quota:
    """Set the limit of a project, for itself and all below it.

    What the project and those below it hold already counts. Raises LimitBelowUsage, ChildrenExceedParent, NotFound.
    """
    plans.check_resource(resource)
    tenants.get(current_tenant(), lock=True)
    project = projects.get(project_id)
    tree = quota_rows.lock_tree(resource)
    parents = projects.parents()
    quotas.check_limit(limit)
    _check_nested(tree, parents, project_id, limit)
    row = tree.get(project_id)
    if row is not None:
        row = _store(row, _figures(row).with_limit(limit))
    else:
        held = reservations.held(resource, subtree(parents, project_id))
        present = quotas.Quota(
            resource,
            limit=0,
            used=held.get(ReservationState.COMMITTED, 0),
            reserved=held.get(ReservationState.RESERVED, 0),
        ).with_limit(limit)
        row = quota_rows.add(_new_row(project.tenant_id, project_id, present))
    events.quota_changed(row)
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
    row = _store(tree[None], _figures(tree[None]).with_limit(limit))
    events.quota_changed(row)
    return row


def _line(project_id: str | None) -> list[str]:
    """A project and the projects above it. Raises NotFound for a project that isn't the tenant's."""
    if project_id is None:
        return []
    return [projects.get(project_id).id, *ancestors(projects.parents(), project_id)]


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


def _figures(row: Quota) -> quotas.Quota:
    return quotas.Quota(row.resource, row.limit, row.used, row.reserved)


def _store(row: Quota, figures: quotas.Quota) -> Quota:
    row.limit, row.used, row.reserved = figures.limit, figures.used, figures.reserved
    return quota_rows.save(row)

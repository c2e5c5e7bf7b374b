"""Every query of the tenants service.

Row locks, always in this order: the tenant's row (which also guards its tree of projects), a project's row, then quotas
in order of their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from services.tenants.domain.quotas import ReservationState
from services.tenants.models import Project, Quota, Reservation, Tenant
from shared.errors import Conflict, NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant, current_time
from shared.kernel.identity import PLATFORM_TENANT
from shared.utils.pagination import Page, PageRequest

N = TypeVar("N", Tenant, Project)


class NameTaken(Conflict):
    """Another tenant, or another project under the same parent, has this name in some spelling; or another tenant has
    one that looks like it."""

    code = "name_taken"


class ReservationConflict(Conflict):
    """The reservation's name stands for another claim already."""

    code = "reservation_conflict"


def _seen(model: Any) -> Any:
    """The rows of one's own tenant; from the platform's tenant, and only from there, those of all."""
    tenant_id = current_tenant()
    return model.objects.all() if tenant_id == PLATFORM_TENANT else model.objects.filter(tenant_id=tenant_id)


def _write_named(row: Any, **how: Any) -> None:
    """Insert or update a row whose name must be unique. Raises NameTaken."""
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:
        raise NameTaken(
            f"the name {row.name!r}, or one that looks like it, is taken: {row.slug}", slug=row.slug
        ) from error


class NamedRows(TenantRepository[N]):
    """Rows with a unique name; writing one raises NameTaken."""

    def add(self, row: N) -> N:
        _write_named(row, force_insert=True)
        return row

    def save(self, row: N) -> N:
        row.version += 1
        row.updated_at = current_time()
        _write_named(row, force_update=True)
        return row


class TenantRows(NamedRows[Tenant]):
    """Tenants: one's own, or all of them for the platform."""

    model = Tenant

    def scoped(self) -> Any:
        return _seen(Tenant)

    def standing(self) -> Tenant:
        """The context's tenant, whose state nobody changes until the transaction ends. Raises NotFound.

        Any number of transactions may hold it so at once: who closes a tenant waits for them, and they for who closes.
        """
        rows = list(Tenant.objects.raw("SELECT * FROM tenants WHERE id = %s FOR SHARE", [current_tenant()]))
        if not rows:
            raise NotFound(f"there is no tenant {current_tenant()}")
        tenant: Tenant = rows[0]
        return tenant


class ProjectRows(NamedRows[Project]):
    """Projects of the tenant."""

    model = Project

    def parents(self) -> dict[str, str | None]:
        """The parent of every project of the tenant."""
        return dict(self.scoped().values_list("id", "parent_id"))

    def delete(self, row: Project) -> None:
        """Remove a project that has nothing below it."""
        row.delete()


class QuotaRows(TenantRepository[Quota]):
    """Limits of the tenant and of its projects."""

    model = Quota

    def add_all(self, rows: Iterable[Quota]) -> list[Quota]:
        """Insert several in one statement."""
        inserted: list[Quota] = Quota.objects.bulk_create(rows)
        return inserted

    def of(self, project_id: str | None) -> list[Quota]:
        """The limits of the tenant (no project) or of one project, by resource."""
        return list(self.scoped().filter(project_id=project_id).order_by("resource"))

    def lock(self, resource: str, project_ids: Collection[str]) -> list[Quota]:
        """The tenant's limit of a resource and those of the given projects, held until the transaction ends."""
        chosen = Q(project_id=None) | Q(project_id__in=project_ids)
        return list(self.scoped().select_for_update().filter(chosen, resource=resource).order_by("id"))

    def lock_tree(self, resource: str) -> dict[str | None, Quota]:
        """All limits of a resource, by project, held until the transaction ends. Raises NotFound when there is none."""
        rows = self.scoped().select_for_update().filter(resource=resource).order_by("id")
        tree = {row.project_id: row for row in rows}
        if None not in tree:
            raise NotFound(f"there is no limit for {resource}")
        # Whoever held the tenant's limit until now may have given a project its first one, which couldn't be locked.
        return {row.project_id: row for row in self.scoped().filter(resource=resource)} | tree

    def lock_trees(self) -> dict[str, dict[str | None, Quota]]:
        """All limits of the tenant and its projects, by resource and project, held until the transaction ends."""
        trees: dict[str, dict[str | None, Quota]] = {}
        for row in self.scoped().select_for_update().order_by("id"):
            trees.setdefault(row.resource, {})[row.project_id] = row
        return trees

    def exist_for(self, project_ids: Collection[str]) -> bool:
        """Whether any of the projects has a limit of its own."""
        found: bool = self.scoped().filter(project_id__in=project_ids).exists()
        return found


class ReservationRows(TenantRepository[Reservation]):
    """Claims on quotas."""

    model = Reservation

    def add(self, row: Reservation) -> Reservation:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise ReservationConflict(f"{row.reservation_id} stands for another claim") from error
        return row

    def find(self, reservation_id: str) -> Reservation | None:
        """The claim of that name; None when there is none."""
        row: Reservation | None = self.scoped().filter(reservation_id=reservation_id).first()
        return row

    def named(self, reservation_id: str) -> Reservation:
        """The claim of that name. Raises NotFound."""
        row = self.find(reservation_id)
        if row is None:
            raise NotFound(f"there is no reservation {reservation_id}")
        return row

    def held(self, resource: str, project_ids: Collection[str]) -> dict[ReservationState, int]:
        """How much of a resource the projects hold, by the state of the claims."""
        rows = self.scoped().filter(resource=resource, project_id__in=project_ids)
        sums = rows.values_list("state").annotate(Sum("amount"))
        return {ReservationState(state): amount for state, amount in sums}

    def unchanged_since(self, moment: datetime, resource: str, request: PageRequest) -> Page[Reservation]:
        """Claims on a resource that aren't released and haven't changed since then; the platform sees all tenants'."""
        query = _seen(Reservation).filter(resource=resource, updated_at__lte=moment)
        query = query.exclude(state=ReservationState.RELEASED).order_by("id")
        if position := request.position():
            query = query.filter(id__gt=position[0])
        return Page.of(list(query[: request.limit + 1]), request, lambda row: (row.id,))

    def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Tenant and name of claims, of all tenants, whose time is over; the longest overdue first."""
        rows = Reservation.objects.filter(state=ReservationState.RESERVED, expires_at__lte=now)
        return list(rows.order_by("expires_at", "id").values_list("tenant_id", "reservation_id")[:limit])

    def open_for(self, project_ids: Collection[str]) -> bool:
        """Whether any of the projects holds something, or may turn out to: what expired can still be committed."""
        rows = self.scoped().filter(project_id__in=project_ids)
        found: bool = rows.exclude(state=ReservationState.RELEASED).exists()
        return found


tenants = TenantRows()
projects = ProjectRows()
quotas = QuotaRows()
reservations = ReservationRows()

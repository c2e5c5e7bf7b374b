"""Django's ORM for the Django services: base model, tenant-scoped repository.

Import it only where Django is configured (`shared.web.django.configure`).
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db import models

from shared.errors import NotFound
from shared.kernel.context import current_tenant, current_time
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.utils.pagination import Page, PageRequest

M = TypeVar("M", bound="TenantModel")


class TenantModel(models.Model):
    """Columns that every tenant-owned table has. `version` rises by one with each update (optimistic concurrency)."""

    id = models.TextField(primary_key=True)
    tenant_id = models.TextField(db_index=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=current_time, editable=False)
    updated_at = models.DateTimeField(default=current_time, editable=False)

    class Meta:
        abstract = True


class TenantRepository(Generic[M]):
    """Queries over one tenant-owned table. All are scoped to the tenant of the context, here and only here."""

    model: type[M]

    def scoped(self) -> Any:
        """All rows of the tenant."""
        return self.model.objects.filter(tenant_id=current_tenant())

    def get(self, id: str, *, lock: bool = False) -> M:
        """One row. With `lock` it is held until the transaction ends. Raises NotFound for another tenant's too."""
        query = self.scoped()
        row: M | None = (query.select_for_update() if lock else query).filter(id=id).first()
        if row is None:
            raise NotFound(f"there is no {self.noun} {id}")
        return row

    def page(self, request: PageRequest, **filters: Any) -> Page[M]:
        """One page in order of creation (identifiers are time-ordered and unique: the keyset)."""
        query = self.scoped().filter(**filters).order_by("id")
        if position := request.position():
            query = query.filter(id__gt=position[0])
        return Page.of(list(query[: request.limit + 1]), request, lambda row: (row.id,))

    def add(self, row: M) -> M:
        """Insert a row."""
        row.save(force_insert=True)
        return row

    def save(self, row: M) -> M:
        """Write a changed row back; its version rises by one."""
        row.version += 1
        row.updated_at = current_time()
        row.save(force_update=True)
        return row

    @property
    def noun(self) -> str:
        """What a row is called in messages."""
        return str(self.model._meta.verbose_name)


def check_version(row: TenantModel, expected: EntityTags | None) -> None:
    """Raise VersionConflict when the caller read another version than the present one."""
    ensure_version(row.version, expected)

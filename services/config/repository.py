"""Every query of the config service.

The one row lock is an environment's, which comes before its layers and revisions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from services.config.models import ClosedTenant, Environment, FlagRow, Layer, Revision
from shared.errors import NotFound
from shared.infra.db.django import TenantModel, TenantRepository
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest, whole_number


def check_version(row: TenantModel | None, expected: EntityTags | None) -> None:
    """Raise VersionConflict when the caller read another version than the present one, or one of what isn't there.

    What was made on first use, and not written yet, has version 0.
    """
    ensure_version(None if row is None else row.version or None, expected)


class EnvironmentRows(TenantRepository[Environment]):
    """Environments."""

    model = Environment

    def find(self, name: str, *, lock: bool = False) -> Environment | None:
        """An environment by its name; None when there is none. With `lock` it is held until the transaction ends."""
        query = self.scoped().select_for_update() if lock else self.scoped()
        row: Environment | None = query.filter(name=name).first()
        return row

    def named(self, name: str, *, lock: bool = False) -> Environment:
        """An environment by its name. Raises NotFound."""
        row = self.find(name, lock=lock)
        if row is None:
            raise NotFound(f"there is no environment {name}")
        return row

    def named_or_new(self, name: str) -> Environment:
        """An environment by its name, made on first use, held until the transaction ends."""
        Environment.objects.get_or_create(tenant_id=current_tenant(), name=name, defaults={"id": new_id("env")})
        return self.named(name, lock=True)

    def delete_all(self) -> None:
        """Remove all environments of the tenant, with their layers and revisions."""
        self.scoped().delete()


class LayerRows(TenantRepository[Layer]):
    """Layers."""

    model = Layer

    def put(self, environment: Environment, name: str, values: dict[str, Any]) -> Layer:
        """Set the values of a layer of an environment that the caller holds."""
        row = self.find(environment, name)
        if row is None:
            return self.add(
                Layer(
                    id=new_id("lay"),
                    tenant_id=environment.tenant_id,
                    environment=environment,
                    name=name,
                    values=values,
                )
            )
        row.values = values
        return self.save(row)

    def find(self, environment: Environment, name: str) -> Layer | None:
        """A layer of an environment; None when it was never set."""
        row: Layer | None = self.scoped().filter(environment=environment, name=name).first()
        return row

    def values_of(self, environment: Environment) -> dict[str, dict[str, Any]]:
        """The values of every layer that is set."""
        return dict(self.scoped().filter(environment=environment).values_list("name", "values"))


class RevisionRows(TenantRepository[Revision]):
    """Revisions."""

    model = Revision

    def scoped(self) -> Any:
        return super().scoped().select_related("environment")

    def newest(self, environment: Environment) -> int:
        """The highest revision of an environment; 0 when nothing was published."""
        found: int | None = self.scoped().filter(environment=environment).aggregate(newest=Max("revision"))["newest"]
        return found or 0

    def recorded(self, environment: Environment, revision: int) -> bool:
        """Whether the history has the revision."""
        return bool(self.scoped().filter(environment=environment, revision=revision).exists())

    def of_request(self, environment: Environment, request: str, since: datetime) -> Revision | None:
        """The newest revision that a request published since a time; None when it published none."""
        found = self.scoped().filter(environment=environment, request=request, created_at__gte=since)
        row: Revision | None = found.order_by("-id").first()
        return row

    def history(self, environment: Environment, request: PageRequest) -> Page[Revision]:
        """A page of an environment's revisions by their number: what was put on record late has its place among them.

        Raises InvalidCursor.
        """
        query = self.scoped().filter(environment=environment).order_by("revision")
        if position := request.position():
            query = query.filter(revision__gt=whole_number(position[0]))
        return Page.of(list(query[: request.limit + 1]), request, lambda row: (str(row.revision),))

    def numbered(self, environment: Environment, revision: int) -> Revision:
        """A revision of an environment. Raises NotFound."""
        row: Revision | None = self.scoped().filter(environment=environment, revision=revision).first()
        if row is None:
            raise NotFound(f"{environment.name} has no revision {revision}")
        return row


class FlagRows(TenantRepository[FlagRow]):
    """Flags."""

    model = FlagRow

    def named(self, name: str) -> FlagRow:
        """A flag by its name. Raises NotFound."""
        row: FlagRow | None = self.scoped().filter(name=name).first()
        if row is None:
            raise NotFound(f"there is no flag {name}")
        return row

    def named_or_new(self, name: str) -> FlagRow:
        """A flag by its name, made (off) on first use, held until the transaction ends."""
        defaults = {"id": new_id("flg"), "version": 0, "enabled": False, "percentage": 0}
        FlagRow.objects.get_or_create(tenant_id=current_tenant(), name=name, defaults=defaults)
        row: FlagRow = self.scoped().select_for_update().get(name=name)
        return row

    def delete_all(self) -> None:
        """Remove all flags of the tenant."""
        self.scoped().delete()


class ClosedTenantRows:
    """Tenants that were closed a short while ago."""

    def note(self, now: datetime) -> None:
        """The context's tenant is closed."""
        ClosedTenant.objects.update_or_create(tenant_id=current_tenant(), defaults={"closed_at": now})

    def before(self, moment: datetime) -> list[str]:
        """Those that were closed before a time."""
        return list(ClosedTenant.objects.filter(closed_at__lt=moment).values_list("tenant_id", flat=True))

    def forget(self) -> None:
        """Nothing of the context's tenant can be left."""
        ClosedTenant.objects.filter(tenant_id=current_tenant()).delete()


def count_alone(rows: EnvironmentRows | FlagRows) -> int:
    """How many the tenant has. Who has made one looks at it, and nobody else does until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{rows.noun}s:{current_tenant()}"])
    return int(rows.scoped().count())


environments = EnvironmentRows()
layers = LayerRows()
revisions = RevisionRows()
flags = FlagRows()
closed_tenants = ClosedTenantRows()

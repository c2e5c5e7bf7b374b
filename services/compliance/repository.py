"""Every query of the compliance service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from services.compliance.domain import policies as domain
from services.compliance.models import AuditRun, ExemptionRow, KnownResource, PolicyRow, Result, Standing
from shared.errors import Conflict, NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

CHUNK = 500


class PolicyNameTaken(Conflict):
    """There is a policy of that name."""

    code = "policy_name_taken"


class PolicyRows(TenantRepository[PolicyRow]):
    """Policies."""

    model = PolicyRow

    def add(self, row: PolicyRow) -> PolicyRow:
        try:
            with transaction.atomic():
                return super().add(row)
        except IntegrityError as error:
            raise PolicyNameTaken(f"there is a policy {row.name}") from error

    def save(self, row: PolicyRow) -> PolicyRow:
        try:
            with transaction.atomic():
                return super().save(row)
        except IntegrityError as error:
            raise PolicyNameTaken(f"there is a policy {row.name}") from error

    def rules(self) -> list[domain.Policy]:
        """All of the tenant's policies, as the domain sees them."""
        return [row.rule() for row in self.scoped()]

    def delete(self, row: PolicyRow) -> None:
        """Remove a policy with its exemptions."""
        row.delete()


class ExemptionRows(TenantRepository[ExemptionRow]):
    """Exemptions."""

    model = ExemptionRow

    def rules(self, now: datetime) -> list[domain.Exemption]:
        """The exemptions that haven't expired, as the domain sees them."""
        return [row.rule() for row in self.scoped().filter(expires_at__gt=now)]

    def delete(self, row: ExemptionRow) -> None:
        """End an exemption."""
        row.delete()


class ResultRows(TenantRepository[Result]):
    """Results."""

    model = Result

    def add_all(self, rows: list[Result]) -> None:
        """Insert several in one statement."""
        Result.objects.bulk_create(rows)


class ResourceRows(TenantRepository[KnownResource]):
    """Resources that services have told of."""

    model = KnownResource

    def all(self) -> Iterator[KnownResource]:
        """Every resource that there is, in order of their ids, read in chunks."""
        found: Iterator[KnownResource] = self.scoped().filter(deleted=False).order_by("id").iterator(CHUNK)
        return found

    def of(self, resource_type: str, resource_id: str) -> KnownResource | None:
        """One resource, held until the transaction ends; None when nobody told of it."""
        row: KnownResource | None = (
            self.scoped().select_for_update().filter(resource_type=resource_type, resource_id=resource_id).first()
        )
        return row

    def new(self, resource_type: str, resource_id: str, attributes: dict[str, Any], sequence: int) -> KnownResource:
        """Note a resource that nobody has told of before."""
        return self.add(
            KnownResource(
                id=new_id("kr"),
                tenant_id=current_tenant(),
                resource_type=resource_type,
                resource_id=resource_id,
                attributes=attributes,
                sequence=sequence,
            )
        )


class AuditRows(TenantRepository[AuditRun]):
    """Audits."""

    model = AuditRun

    def latest(self) -> AuditRun:
        """The newest audit. Raises NotFound."""
        row: AuditRun | None = self.scoped().order_by("-id").first()
        if row is None:
            raise NotFound("there was no audit yet")
        return row


def claim_standing() -> bool:
    """Whether the tenant is new here; true exactly once."""
    _, new = Standing.objects.get_or_create(tenant_id=current_tenant())
    return bool(new)


def has_standing() -> bool:
    """Whether the tenant got its baseline policy once."""
    return bool(Standing.objects.filter(tenant_id=current_tenant()).exists())


policies = PolicyRows()
exemptions = ExemptionRows()
results = ResultRows()
resources = ResourceRows()
audits = AuditRows()

"""Every query of the compliance service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least

from services.compliance.domain import policies as domain
from services.compliance.models import AuditRun, ExemptionRow, KnownResource, PolicyRow, Result, Standing
from shared.errors import Conflict, NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

CHUNK = 500
EMPTIED_AT = "emptied_at_version"
"""The attribute of a resource that says at which of its versions everything below it was replaced last."""


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

    def all_locked(self) -> list[PolicyRow]:
        """All of the tenant's policies, held until the transaction ends."""
        return list(self.scoped().select_for_update().order_by("id"))

    def count(self) -> int:
        """How many policies the tenant has. Nobody else adds one until the transaction ends."""
        self.alone()
        return int(self.scoped().count())

    def alone(self) -> None:
        """Let nobody else add a policy, or lengthen one, until the transaction ends."""
        _count_alone("policies")


class ExemptionRows(TenantRepository[ExemptionRow]):
    """Exemptions."""

    model = ExemptionRow

    def rules(self, now: datetime) -> domain.Exemptions:
        """The exemptions that haven't expired, as the domain sees them."""
        return domain.Exemptions(row.rule() for row in self.scoped().filter(expires_at__gt=now))

    def count(self, now: datetime) -> int:
        """How many of the tenant's exemptions haven't expired. Nobody else adds one until the transaction ends."""
        _count_alone("exemptions")
        return int(self.scoped().filter(expires_at__gt=now).count())

    def next_end(self, now: datetime) -> datetime | None:
        """When the next of the tenant's exemptions expires; None when none does."""
        row: ExemptionRow | None = self.scoped().filter(expires_at__gt=now).order_by("expires_at").first()
        return row.expires_at if row else None

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
        """One resource, held until the transaction ends; None when nobody told of it.

        The tenant's standing is held first, as where an audit keeps what it found: neither waits for what the other
        has while the other waits for it.
        """
        _hold_standing()
        row: KnownResource | None = (
            self.scoped().select_for_update().filter(resource_type=resource_type, resource_id=resource_id).first()
        )
        return row

    def new(self, resource_type: str, resource_id: str) -> KnownResource:
        """Note a resource that nobody has told of before, and of which nothing is known yet."""
        return self.add(
            KnownResource(
                id=new_id("kr"),
                tenant_id=current_tenant(),
                resource_type=resource_type,
                resource_id=resource_id,
                attributes={},
                sequence=-1,
            )
        )

    def add_new(self, resource_type: str, told: Sequence[Mapping[str, Any]]) -> None:
        """Note resources at their first version, by their facts with `id`; what is known already is known better."""
        rows = [
            KnownResource(
                id=new_id("kr"),
                tenant_id=current_tenant(),
                resource_type=resource_type,
                resource_id=each["id"],
                attributes=dict(each),
                sequence=1,
            )
            for each in told
        ]
        KnownResource.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)

    def end_children(
        self,
        kinds: Iterable[tuple[str, str]],
        parent_id: str,
        before: tuple[str, int] | None = None,
        *,
        undated: bool = True,
    ) -> None:
        """What goes with a parent is gone, of each kind by the attribute that names the parent; with `before`, what was
        told of before a version of the parent, by the attribute that says so, and with `undated` what says nothing."""
        for noun, attribute in kinds:
            below = self.scoped().filter(resource_type=noun, deleted=False, **{f"attributes__{attribute}": parent_id})
            if before is not None:
                name, version = before
                older = Q(**{f"attributes__{name}__lt": version})
                below = below.filter(older | ~Q(attributes__has_key=name) if undated else older)
            below.update(deleted=True)

    def any_gone(self, named: Iterable[tuple[str, str, int | None]]) -> bool:
        """Whether one of these resources, each a type, an identifier, and the version at which something was in it, is
        known to be gone, or to have been emptied since."""
        wanted = []
        for noun, id, version in named:
            gone = Q(deleted=True)
            if version is not None:
                gone |= Q(**{f"attributes__{EMPTIED_AT}__gt": version})
            wanted.append(Q(resource_type=noun, resource_id=id) & gone)
        return bool(wanted) and bool(self.scoped().filter(reduce(or_, wanted)).exists())

    def judged(self, rows: list[KnownResource]) -> None:
        """Keep what an audit found; that is no change of the resources. The tenant's standing and they are held from
        here until the transaction ends, and events wait for that: nothing that takes long follows."""
        _hold_standing()
        KnownResource.objects.bulk_update(rows, ["compliant", "violated"], batch_size=CHUNK)

    def forget_gone(self, before: datetime) -> None:
        """Forget resources that were gone before a time."""
        self.scoped().filter(deleted=True, updated_at__lt=before).delete()


class AuditRows(TenantRepository[AuditRun]):
    """Audits."""

    model = AuditRun

    def latest(self) -> AuditRun:
        """The newest audit. Raises NotFound."""
        row: AuditRun | None = self.scoped().order_by("-id").first()
        if row is None:
            raise NotFound("there was no audit yet")
        return row


def _count_alone(what: str) -> None:
    """Let nobody else add such a thing to the tenant until the transaction ends, so that a limit can be counted, or
    one see what the other has noted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{what}:{current_tenant()}",))


def claim_standing() -> bool:
    """Whether the tenant is new here; true exactly once."""
    _, new = Standing.objects.get_or_create(tenant_id=current_tenant())
    return bool(new)


def has_standing() -> bool:
    """Whether the tenant got its baseline policy once."""
    return bool(Standing.objects.filter(tenant_id=current_tenant()).exists())


def mark_due(at: datetime) -> None:
    """Let the tenant's resources be looked at, at that time at the latest.

    The row is written in any case: an audit that is under way, and hasn't seen what the present transaction changes,
    sees by that that it isn't the last (`put_off`).
    """
    sooner = Least(Coalesce("due_at", Value(at)), Value(at), output_field=DateTimeField())
    Standing.objects.filter(tenant_id=current_tenant()).update(due_at=sooner)


def due_tenants(now: datetime, limit: int) -> list[str]:
    """Tenants whose resources have to be looked at, who has waited longest first."""
    query = Standing.objects.filter(due_at__lte=now).order_by("due_at", "tenant_id")
    return list(query.values_list("tenant_id", flat=True)[:limit])


def claim_due(now: datetime) -> str | None:
    """Become the one who looks at the tenant's resources, until the transaction ends. None while another does, and
    where nothing is due (any more); else who wrote the tenant's standing last, for `put_off`.

    The standing itself isn't held: whoever notes a change doesn't wait for an audit.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"audit:{current_tenant()}",))
        if not cursor.fetchone()[0]:
            return None
    due = Standing.objects.filter(tenant_id=current_tenant(), due_at__lte=now)
    writer: str | None = due.values_list(RawSQL("xmin::text", ()), flat=True).first()
    return writer


def claim_audit() -> None:
    """Become the one who looks at the tenant's resources, until the transaction ends, once nobody else does."""
    _count_alone("audit")


def put_off(until: datetime, since: datetime, writer: str) -> None:
    """The tenant's resources have been looked at, next time then; `since` again where somebody has marked them as due
    after `writer`, and may have changed what had been read already."""
    _hold_standing()
    mine = Standing.objects.filter(tenant_id=current_tenant())
    untouched = mine.annotate(writer=RawSQL("xmin::text", ())).filter(writer=writer).exists()
    mine.update(due_at=until if untouched else since)


def _hold_standing() -> None:
    """Let nobody else note a change of what audits look at until the transaction ends. It comes before resources."""
    Standing.objects.select_for_update().filter(tenant_id=current_tenant()).first()


policies = PolicyRows()
exemptions = ExemptionRows()
results = ResultRows()
resources = ResourceRows()
audits = AuditRows()

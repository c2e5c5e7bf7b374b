"""Every query of the secrets service.

Row locks, always in this order: a secret's or key's row; tokens in order of their ids, by one revocation of the tenant
at a time; leases in order of their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Window
from django.db.models.functions import RowNumber

from services.secrets.domain.paths import PathPolicy
from services.secrets.models import ClosedTenant, EncryptionKey, Lease, LeaseToken, Policy, Secret
from shared.errors import Conflict, NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest

LISTED_AT_ONCE = 500
"""Rows that are read at once, at least, to find those of a page that may be seen."""


class KeyExists(Conflict):
    """There is a key of that name."""

    code = "key_exists"


class SecretRows(TenantRepository[Secret]):
    """What is known of secrets."""

    model = Secret

    def find(self, path: str) -> Secret | None:
        """The row of a path; None when there is no such secret."""
        row: Secret | None = self.scoped().filter(path=path).first()
        return row

    def at(self, path: str, *, lock: bool = False) -> Secret:
        """The row of a path. Raises NotFound."""
        query = self.scoped().select_for_update() if lock else self.scoped()
        row: Secret | None = query.filter(path=path).first()
        if row is None:
            raise NotFound("there is no such secret")
        return row

    def at_or_new(self, path: str) -> tuple[Secret, bool]:
        """The row of a path, held until the transaction ends, and whether it was made just now."""
        row = Secret(id=new_id("sec"), tenant_id=current_tenant(), path=path, version=0)
        while True:  # One that is deleted while it is waited for is made anew.
            Secret.objects.bulk_create([row], ignore_conflicts=True)
            held: Secret | None = self.scoped().select_for_update().filter(path=path).first()
            if held is not None:
                return held, held.id == row.id

    def visible(self, prefix: str, may_see: Callable[[str], bool], request: PageRequest) -> Page[Secret]:
        """A page of the secrets whose paths begin so and may be seen; it reads on where many may not."""
        found: list[Secret] = []
        query = self.scoped().filter(path__startswith=prefix).order_by("id")
        [after] = request.position() or ("",)
        several = max(request.limit + 1, LISTED_AT_ONCE)
        while len(found) <= request.limit:
            rows = list(query.filter(id__gt=after)[:several])
            found += [row for row in rows if may_see(row.path)]
            if len(rows) < several:
                break
            after = rows[-1].id
        return Page.of(found[: request.limit + 1], request, lambda row: (row.id,))

    def existing(self, ids: Collection[str]) -> list[str]:
        """Those of some secrets, of all tenants, that there are."""
        return list(Secret.objects.filter(id__in=ids).values_list("id", flat=True))

    def delete(self, row: Secret) -> None:
        """Forget a secret."""
        row.delete()


class KeyRows(TenantRepository[EncryptionKey]):
    """Keys."""

    model = EncryptionKey

    def add(self, row: EncryptionKey) -> EncryptionKey:
        try:
            with transaction.atomic():
                return super().add(row)
        except IntegrityError as error:
            raise KeyExists(f"there is a key {row.name}") from error

    def named(self, name: str, *, lock: bool = False) -> EncryptionKey:
        """A key by its name. Raises NotFound."""
        query = self.scoped().select_for_update() if lock else self.scoped()
        row: EncryptionKey | None = query.filter(name=name).first()
        if row is None:
            raise NotFound(f"there is no key {name}")
        return row

    def count(self) -> int:
        """How many the tenant has. Nobody else adds one until the transaction ends."""
        _alone("keys")
        return int(self.scoped().count())

    def all_locked(self) -> list[EncryptionKey]:
        """All keys of the tenant, held until the transaction ends."""
        return list(self.scoped().select_for_update().order_by("id"))

    def delete(self, row: EncryptionKey) -> None:
        """Forget a key."""
        row.delete()


class PolicyRows(TenantRepository[Policy]):
    """Path policies."""

    model = Policy

    def all_locked(self) -> list[Policy]:
        """All policies of the tenant, held until the transaction ends."""
        return list(self.scoped().select_for_update().order_by("id"))

    def count(self) -> int:
        """How many the tenant has. Nobody else adds one until the transaction ends."""
        _alone("policies")
        return int(self.scoped().count())

    def rules(self) -> list[PathPolicy]:
        """All of the tenant's policies."""
        return [row.rule() for row in self.scoped()]

    def delete(self, row: Policy) -> None:
        """Remove a policy."""
        row.delete()


class TokenRows(TenantRepository[LeaseToken]):
    """Tokens."""

    model = LeaseToken

    def parents(self) -> dict[str, str | None]:
        """The parent of every token of the tenant."""
        return dict(self.scoped().values_list("id", "parent_id"))

    def revoke_alone(self) -> None:
        """Let nobody else revoke tokens of the tenant until the transaction ends: two can't wait for each other."""
        _alone("revoke")

    def count(self) -> int:
        """How many of the tenant are in force. Nobody else adds one until the transaction ends."""
        _alone("tokens")
        return int(self.scoped().filter(revoked_at=None).count())

    def lock(self, ids: Collection[str]) -> list[LeaseToken]:
        """These tokens, held until the transaction ends: nothing is made or leased under one meanwhile."""
        return list(self.scoped().select_for_update().filter(id__in=ids).order_by("id"))

    def delete_all(self) -> None:
        """Forget all tokens of the tenant, and with them their leases."""
        self.scoped().delete()


class LeaseRows(TenantRepository[Lease]):
    """Leases."""

    model = Lease

    def live_under(self, token_ids: Collection[str]) -> list[Lease]:
        """The leases of these tokens that weren't revoked, held until the transaction ends."""
        rows = self.scoped().select_for_update(of=("self",)).filter(token_id__in=token_ids, revoked_at=None)
        return list(rows.filter(cleared=False).order_by("id"))

    def count(self) -> int:
        """How many of the tenant have something in Vault. Nobody else adds one until the transaction ends."""
        _alone("leases")
        return int(self.scoped().filter(cleared=False).count())

    def uncleared(self) -> list[Lease]:
        """The tenant's that have something in Vault, held until the transaction ends."""
        return list(self.scoped().select_for_update().filter(cleared=False).order_by("id"))

    def to_clear(self, now: datetime, limit: int, but: Collection[str]) -> list[tuple[str, str]]:
        """Ids and tenants of leases of all tenants that have ended and still have something in Vault, but for some.

        The first of each tenant come first, then the second of each: nobody waits for all of another's.
        """
        order = ("expires_at", "id")
        place = Window(RowNumber(), partition_by="tenant_id", order_by=order)
        rows = Lease.objects.filter(_ended(now), cleared=False).exclude(id__in=but).annotate(place=place)
        return list(rows.order_by("place", *order).values_list("id", "tenant_id")[:limit])

    def held_to_clear(self, lease_id: str, now: datetime) -> Lease | None:
        """One of those, held until the transaction ends; None where somebody else has it, or has cleared it."""
        rows = Lease.objects.select_for_update(skip_locked=True).filter(_ended(now), id=lease_id, cleared=False)
        row: Lease | None = rows.first()
        return row

    def note_cleared(self, row: Lease) -> None:
        """What a lease stood for is gone; for its readers nothing has changed."""
        row.cleared = True
        row.save(update_fields=["cleared"])


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


def _ended(now: datetime) -> Q:
    return Q(expires_at__lte=now) | Q(revoked_at__isnull=False)


def _alone(what: str) -> None:
    """Let nobody else do this with the tenant's until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{what}:{current_tenant()}"])


secrets = SecretRows()
keys = KeyRows()
policies = PolicyRows()
tokens = TokenRows()
leases = LeaseRows()
closed_tenants = ClosedTenantRows()

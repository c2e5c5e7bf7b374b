"""Every query of dns. The zone's row is the lock of all that is in it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q

from services.dns.domain.errors import RecordSetExists, ZoneExists
from services.dns.domain.names import ancestors
from services.dns.domain.records import RecordType
from services.dns.domain.resolution import RecordSet
from services.dns.models import Record, Zone
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_time
from shared.utils.pagination import InvalidCursor, Page, PageRequest


class ZoneRepository(TenantRepository[Zone]):
    """Zones of the tenant."""

    model = Zone

    def add(self, row: Zone) -> Zone:
        """Insert a zone. Raises ZoneExists."""
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise ZoneExists(f"there is a zone {row.name}", name=row.name) from error
        return row

    def summaries(self, request: PageRequest) -> Page[Zone]:
        """A page of zones, each with `record_sets`, how many it has, all in one query."""
        query = self.scoped().annotate(record_sets=Count("records")).order_by("id")
        if position := request.position():
            query = query.filter(id__gt=position[0])
        return Page.of(list(query[: request.limit + 1]), request, lambda zone: (zone.id,))

    def names(self) -> dict[str, str]:
        """The ids of the tenant's zones by name."""
        return dict(self.scoped().values_list("name", "id"))

    def locked(self) -> list[Zone]:
        """All zones of the tenant, locked, in the order of their ids."""
        return list(self.scoped().select_for_update().order_by("id"))

    def save_metered(self, zone: Zone) -> None:
        """Write back up to when a zone is metered, which is no change that its readers see."""
        zone.save(update_fields=["metered_from"])


def tenants_metered_before(moment: datetime) -> list[str]:
    """Tenants with a zone whose usage was last recorded before a moment. Of all tenants: for the meter."""
    rows = Zone.objects.filter(metered_from__lt=moment)
    return list(rows.values_list("tenant_id", flat=True).distinct().order_by("tenant_id"))


def held_reservations(reservation_ids: Collection[str]) -> set[str]:
    """Those of the reservations (`<zone>.<resource>`) whose zone exists. Of all tenants: for the quota sweep."""
    zone_of = {reservation_id: reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    existing = set(Zone.objects.filter(id__in=set(zone_of.values())).values_list("id", flat=True))
    return {reservation_id for reservation_id, zone_id in zone_of.items() if zone_id in existing}


class RecordRepository(TenantRepository[Record]):
    """Record sets of the tenant."""

    model = Record

    def of(self, zone: Zone) -> Any:
        """All record sets of a zone."""
        return self.scoped().filter(zone_id=zone.id)

    def beside_apex_name_servers(self, zone: Zone) -> int:
        """How many record sets a zone has besides the name servers of its apex, without which no zone is."""
        return int(self.of(zone).exclude(name=zone.name, type=RecordType.NS).count())

    def in_zone(self, zone: Zone, id: str) -> Record:
        """One record set of a zone. Raises NotFound."""
        row: Record | None = self.of(zone).filter(id=id).first()
        if row is None:
            raise NotFound(f"there is no record set {id} in {zone.name}")
        return row

    def page_of(self, zone: Zone, request: PageRequest) -> Page[Record]:
        """A page by name and type, which together are unique in a zone."""
        query = self.of(zone).order_by("name", "type")
        if request.after:
            if len(request.after) != 2:
                raise InvalidCursor("the cursor is not one of this list's")
            name, kind = request.after
            query = query.filter(Q(name__gt=name) | Q(name=name, type__gt=kind))
        return Page.of(list(query[: request.limit + 1]), request, lambda record: (record.name, record.type))

    def name_servers(self, zone: Zone) -> set[str]:
        """The names of all name servers that the zone refers to, its own and those of delegated parts."""
        return {name for row in self.of(zone).filter(type=RecordType.NS) for name in row.values}

    def types_at(self, zone: Zone, name: str) -> list[RecordType]:
        """The types that a name has."""
        return [RecordType(kind) for kind in self.of(zone).filter(name=name).values_list("type", flat=True)]

    def by_name_and_type(self, zone: Zone) -> dict[tuple[str, str], Record]:
        """All record sets of a zone."""
        return {(row.name, row.type): row for row in self.of(zone)}

    def add(self, row: Record) -> Record:
        """Insert a record set. Raises RecordSetExists."""
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise RecordSetExists(f"{row.name} has {row.type} records", name=row.name, type=row.type) from error
        return row

    def replace_all(self, zone: Zone, rows: Iterable[Record]) -> None:
        """Put these in the place of all record sets of a zone, in one statement: the server reads them from JSON, which
        takes a fraction of what it takes to read them from SQL.
        """
        self.of(zone).delete()
        columns = ("id", "name", "type", "ttl", "policy", "answers")
        document = json.dumps([{name: getattr(row, name) for name in columns} for row in rows])
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO records (
                    id, tenant_id, version, created_at, updated_at, zone_id, name, type, ttl, policy, answers
                )
                SELECT id, %(tenant)s, 1, %(now)s, %(now)s, %(zone)s, name, type, ttl, policy, answers
                FROM jsonb_to_recordset(%(rows)s::jsonb)
                    AS row (id text, name text, type text, ttl integer, policy text, answers jsonb)
                """,
                {"tenant": zone.tenant_id, "now": current_time(), "zone": zone.id, "rows": document},
            )


class StoredContents:
    """A zone's contents as the database has them: as much as a question needs, in two queries a name."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._names: dict[str, dict[RecordType, RecordSet]] = {}
        self._above: set[str] = set()
        self._asked: set[str] = set()

    def at(self, name: str) -> Mapping[RecordType, RecordSet]:
        """The record sets of a name by type."""
        if name not in self._names:
            self._look(name)
        return self._names[name]

    def holds_below(self, name: str) -> bool:
        """Whether there are record sets below a name."""
        if name not in self._asked:
            self._look(name)
        return name in self._above

    def _look(self, name: str) -> None:
        """Read what lies on the way from the apex to a name, and the wildcards beside it."""
        path = [name, *ancestors(name, self._zone.name)]
        wanted = [*path, *(f"*.{each}" for each in path)]
        self._names.update({each: {} for each in wanted})
        for row in RecordRepository().of(self._zone).filter(name__in=wanted):
            self._names[row.name][RecordType(row.type)] = row.record_set()
        self._asked.update(path)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT above.name FROM unnest(%(path)s) AS above (name)
                WHERE EXISTS (
                    SELECT 1 FROM records AS below
                    WHERE zone_id = %(zone)s
                      AND reverse(below.name) >= reverse('.' || above.name)
                      AND reverse(below.name) < reverse('.' || above.name) || chr(127)
                      -- A dot behind an odd number of backslashes is no border between labels.
                      AND length(substring(substr(reverse(below.name), length(above.name) + 2), '^\\\\*')) %% 2 = 0
                )
                """,
                {"path": path, "zone": self._zone.id},
            )
            self._above.update(found for (found,) in cursor.fetchall())

"""What a zone costs while it lives, and the quota that follows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.dns.domain.zones import RATES
from shared.clients.tenants import TenantsClient
from shared.kernel.context import service_context
from shared.metering import record_usage
from shared.quotas import Quotas, QuotaSweep
from tests.unit.clocks import NOW, standing_clock
from tests.unit.django_process import in_django
from tests.unit.doubles import MeteredRow, Outbox, Reservations
from tests.unit.events.builders import event

EVENING = datetime(2025, 3, 1, 23, 59, 50, tzinfo=UTC)


def metered(row: MeteredRow, *moments: datetime) -> Outbox:
    """What is told when a zone is metered at these moments."""
    outbox = Outbox()
    with service_context("dns", "t-1", standing_clock()):
        for moment in moments:
            record_usage(outbox, "dns", row, RATES, moment)
    return outbox


def test_a_zone_is_billed_by_the_second_and_each_day_by_itself() -> None:
    outbox = metered(MeteredRow("zone-1", EVENING), EVENING + timedelta(seconds=20, microseconds=5))
    assert outbox.windows == [
        ("2025-03-01T23:59:50+00:00", "2025-03-02T00:00:00+00:00", "10"),
        ("2025-03-02T00:00:00+00:00", "2025-03-02T00:00:10.000005+00:00", "10.000005"),
    ]
    assert {(told["type"], told["data"]["meter"]) for told in outbox.events} == {
        ("dns.usage.recorded", "dns.zone_seconds")
    }


def test_while_a_zone_lives_each_window_begins_where_the_last_one_ended() -> None:
    at = [NOW + timedelta(seconds=seconds) for seconds in (900, 900, 901, 1_800)]
    outbox = metered(MeteredRow("zone-1", NOW), *at)
    assert [(begin[11:19], end[11:19]) for begin, end, _ in outbox.windows] == [
        ("12:00:00", "12:15:00"),
        ("12:15:00", "12:15:01"),
        ("12:15:01", "12:30:00"),
    ]


def test_a_clock_that_was_set_back_bills_nothing_twice() -> None:
    row = MeteredRow("zone-1", NOW)
    assert metered(row, NOW - timedelta(seconds=1)).events == []
    assert row.metered_from == NOW


def test_its_own_events_settle_a_zones_quota() -> None:
    def check() -> None:
        from services.dns.handlers import handlers
        from services.dns.ports import Ports

        tenants = Reservations()
        quotas = Quotas(cast(TenantsClient, tenants))
        handle = handlers(Ports(cast(Any, None), standing_clock(), quotas, lambda _: 0))
        with service_context("dns", "t-1", standing_clock()):
            for kind in ("dns.zone.created", "dns.zone.deleted"):
                handle[kind](event(type=kind, subject="zone-1"), None)
        assert tenants.steps == [("commit", "t-1", "zone-1.dns_zones"), ("release", "t-1", "zone-1.dns_zones")]

    in_django("dns", check)


def test_the_sweep_commits_what_exists_and_releases_what_does_not() -> None:
    def check() -> None:
        from django.db import connection

        from services.dns.handlers import ZONES
        from services.dns.models import Zone
        from services.dns.repository import held_reservations

        with connection.schema_editor() as editor:
            editor.create_model(Zone)
        with service_context("dns", "t-1", standing_clock()):
            for number, tenant in ((1, "t-1"), (2, "t-2"), (3, "t-1")):
                name = f"example-{number}.com."
                Zone(id=f"zone-{number}", tenant_id=tenant, name=name, serial=1, metered_from=NOW).save()
        tenants = Reservations(
            ("t-1", "zone-1.dns_zones", "reserved"),
            ("t-1", "zone-3.dns_zones", "committed"),
            ("t-1", "zone-8.dns_zones", "reserved"),
            ("t-2", "zone-2.dns_zones", "expired"),
            ("t-2", "zone-9.dns_zones", "committed"),
        )
        client = cast(TenantsClient, tenants)
        swept = QuotaSweep("dns", client, standing_clock(), ZONES.resources, held_reservations).run()
        assert tenants.steps == [
            ("commit", "t-1", "zone-1.dns_zones"),
            ("release", "t-1", "zone-8.dns_zones"),
            ("commit", "t-2", "zone-2.dns_zones"),
            ("release", "t-2", "zone-9.dns_zones"),
        ]
        assert (swept.committed, swept.released) == (2, 2)

    in_django("dns", check)


def test_tenants_with_usage_that_is_due_are_found_once() -> None:
    def check() -> None:
        from django.db import connection

        from services.dns.models import Zone
        from services.dns.repository import tenants_metered_before

        with connection.schema_editor() as editor:
            editor.create_model(Zone)
        with service_context("dns", "t-1", standing_clock()):
            for number, tenant, seconds in ((1, "t-2", 900), (2, "t-1", 901), (3, "t-1", 902), (4, "t-3", 899)):
                metered_from = NOW - timedelta(seconds=seconds)
                name = f"example-{number}.com."
                Zone(id=f"zone-{number}", tenant_id=tenant, name=name, serial=1, metered_from=metered_from).save()
        assert tenants_metered_before(NOW - timedelta(seconds=900)) == ["t-1"]
        assert tenants_metered_before(NOW - timedelta(seconds=899)) == ["t-1", "t-2"]

    in_django("dns", check)

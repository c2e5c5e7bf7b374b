"""What a load balancer costs while it lives, the quota that follows it, and its listeners."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from services.loadbalancer.domain.errors import ListenerConflict
from services.loadbalancer.domain.load_balancers import RATES, check_listener_ports
from services.loadbalancer.handlers import LOAD_BALANCERS, handlers
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository, held_reservations, tenants_metered_before
from services.loadbalancer.tables import Base, LoadBalancer
from shared.clients.tenants import TenantsClient
from shared.kernel.context import service_context
from shared.metering import record_usage
from shared.quotas import Quotas, QuotaSweep
from tests.unit.clocks import NOW, standing_clock
from tests.unit.doubles import MeteredRow, Outbox, Reservations
from tests.unit.events.builders import event

EVENING = datetime(2025, 3, 1, 23, 59, 50, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    """The service's tables in SQLite, for queries that every database understands."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened, service_context("loadbalancer", "t-1", standing_clock()):
        yield opened
    engine.dispose()


def add(session: Session, id: str, tenant_id: str, metered_from: datetime = NOW) -> LoadBalancer:
    """A load balancer without listeners."""
    row = LoadBalancer(id=id, tenant_id=tenant_id, version=1, name=id, metered_from=metered_from)
    session.add(row)
    session.flush()
    return row


def metered(row: MeteredRow, *moments: datetime) -> Outbox:
    """What is told when a load balancer is metered at these moments."""
    outbox = Outbox()
    with service_context("loadbalancer", "t-1", standing_clock()):
        for moment in moments:
            record_usage(outbox, "loadbalancer", row, RATES, moment)
    return outbox


def test_a_load_balancer_is_billed_by_the_second_and_each_day_by_itself() -> None:
    outbox = metered(MeteredRow("lb-1", EVENING), EVENING + timedelta(seconds=20, microseconds=5))
    assert outbox.windows == [
        ("2025-03-01T23:59:50+00:00", "2025-03-02T00:00:00+00:00", "10"),
        ("2025-03-02T00:00:00+00:00", "2025-03-02T00:00:10.000005+00:00", "10.000005"),
    ]
    assert {(told["type"], told["data"]["meter"]) for told in outbox.events} == {
        ("loadbalancer.usage.recorded", "loadbalancer.seconds")
    }


def test_while_it_lives_each_window_begins_where_the_last_one_ended() -> None:
    at = [NOW + timedelta(seconds=seconds) for seconds in (900, 900, 901, 1_800)]
    outbox = metered(MeteredRow("lb-1", NOW), *at)
    assert [(begin[11:19], end[11:19]) for begin, end, _ in outbox.windows] == [
        ("12:00:00", "12:15:00"),
        ("12:15:00", "12:15:01"),
        ("12:15:01", "12:30:00"),
    ]


def test_metering_is_no_change_that_readers_see(session: Session) -> None:
    changed_at = NOW - timedelta(days=1)
    row = add(session, "lb-1", "t-1")
    row.updated_at = changed_at
    session.flush()
    row.metered_from = NOW + timedelta(seconds=5)
    LoadBalancerRepository(session).save_metered(row)
    session.expire_all()
    assert row.metered_from.replace(tzinfo=UTC) == NOW + timedelta(seconds=5)
    assert (row.updated_at.replace(tzinfo=UTC), row.version) == (changed_at, 1)


def test_tenants_with_usage_that_is_due_are_found_once(session: Session) -> None:
    for number, tenant, seconds in ((1, "t-2", 900), (2, "t-1", 901), (3, "t-1", 902), (4, "t-3", 899)):
        add(session, f"lb-{number}", tenant, NOW - timedelta(seconds=seconds))
    assert tenants_metered_before(session, NOW - timedelta(seconds=900)) == ["t-1"]
    assert tenants_metered_before(session, NOW - timedelta(seconds=899)) == ["t-1", "t-2"]


def test_its_own_events_settle_a_load_balancers_quota() -> None:
    tenants = Reservations()
    handle = handlers(Ports(standing_clock(), Quotas(cast(TenantsClient, tenants))))
    with service_context("loadbalancer", "t-1", standing_clock()):
        for verb in ("created", "deleted"):
            kind = f"loadbalancer.load_balancer.{verb}"
            handle[kind](event(type=kind, subject="lb-1"), None)
    assert tenants.steps == [("commit", "t-1", "lb-1.load_balancers"), ("release", "t-1", "lb-1.load_balancers")]


def test_the_sweep_commits_what_exists_and_releases_what_does_not(session: Session) -> None:
    for number, tenant in ((1, "t-1"), (2, "t-2"), (3, "t-1")):
        add(session, f"lb-{number}", tenant)
    tenants = Reservations(
        ("t-1", "lb-1.load_balancers", "reserved"),
        ("t-1", "lb-3.load_balancers", "committed"),
        ("t-1", "lb-8.load_balancers", "reserved"),
        ("t-2", "lb-2.load_balancers", "expired"),
        ("t-2", "lb-9.load_balancers", "committed"),
    )

    def held(ids: Collection[str]) -> set[str]:
        return held_reservations(session, ids)

    client = cast(TenantsClient, tenants)
    swept = QuotaSweep("loadbalancer", client, standing_clock(), LOAD_BALANCERS.resources, held).run()
    assert tenants.steps == [
        ("commit", "t-1", "lb-1.load_balancers"),
        ("release", "t-1", "lb-8.load_balancers"),
        ("commit", "t-2", "lb-2.load_balancers"),
        ("release", "t-2", "lb-9.load_balancers"),
    ]
    assert (swept.committed, swept.released) == (2, 2)


def test_each_port_has_one_listener() -> None:
    check_listener_ports([80, 443])
    with pytest.raises(ListenerConflict):
        check_listener_ports([80, 443, 80])

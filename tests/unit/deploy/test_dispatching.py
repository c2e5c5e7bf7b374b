"""Handing applies to the broker: it is done for every tenant, outside of any request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from services.deploy.operations.dispatching import BATCH, dispatch
from services.deploy.tables import Apply
from tests.unit.clocks import standing_clock

APPLIES = 2 * BATCH + 1
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


class Broker:
    """Takes tasks and does nothing with them."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send(self, apply: Apply) -> None:
        self.taken.append(apply.id)


def test_every_apply_is_handed_over_once_and_not_again_until_it_is_left_alone() -> None:
    # Given more applies than one batch takes, that nobody is at
    engine = create_engine("sqlite://")
    columns = [column.name for column in Apply.__table__.columns]
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE applies ({', '.join(columns)})"))
        insert = text(
            "INSERT INTO applies (id, tenant_id, state, version, updated_at) VALUES (:id, 't', 'queued', 1, :at)"
        )
        for number in range(APPLIES):
            connection.execute(insert, {"id": f"apply-{number:04}", "at": "2001-01-01 00:00:00.000000"})
    sessions, broker, clock = sessionmaker(engine), Broker(), standing_clock()
    hand: Any = (sessions, broker, clock, timedelta(seconds=30))
    # When they are handed over, by a thread that acts for no tenant
    assert dispatch(*hand) == APPLIES
    # Then each was sent once, is left in peace, and has not become another by that
    assert broker.taken == [f"apply-{number:04}" for number in range(APPLIES)]
    assert dispatch(*hand) == 0
    with sessions() as session:
        assert {row.updated_at.replace(tzinfo=UTC) for row in session.query(Apply)} == {LONG_AGO}

"""What was put aside, and the operator's command that lists it and has it handled after all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.calls.sending import connect
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.metering import usage_event

pytestmark = pytest.mark.services("billing")

USAGE = "/api/billing/v1/usage"
FAULT = """
CREATE OR REPLACE FUNCTION fail_to_count() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'a drill'; END $$;
CREATE TRIGGER drill BEFORE INSERT ON usage FOR EACH ROW
WHEN (NEW.tenant_id = '{tenant}') EXECUTE FUNCTION fail_to_count();
"""
"""A fault that no wait mends, for one tenant's usage."""


@contextmanager
def failing(fleet: FleetControl, tenant: Tenant) -> Iterator[None]:
    """Billing can't count the tenant's usage for the length of a block."""
    connection = connect(fleet, "billing")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(FAULT.format(tenant=tenant.id))
            try:
                yield
            finally:
                cursor.execute("DROP TRIGGER drill ON usage; DROP FUNCTION fail_to_count()")
    finally:
        connection.close()


def command(fleet: FleetControl, *arguments: str) -> str:
    """What `python -m shared.events.dead_letters` says; it must succeed."""
    status, output = fleet.run("billing", "shared.events.dead_letters", *arguments)
    assert status == 0, output
    return output


def letters(fleet: FleetControl, event_id: str) -> list[dict[str, Any]]:
    """The dead letters of an event: a line of JSON each, beside which a client of the broker's may complain."""
    listed = [json.loads(line) for line in command(fleet, "list").splitlines() if line.startswith("{")]
    return [each for each in listed if each["event_id"] == event_id]


@pytest.mark.timeout(240)
def test_an_event_that_was_put_aside_is_listed_and_has_its_effect_once_when_it_is_replayed(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    def counted() -> list[str]:
        return sorted(each["source_id"] for each in tenant.api.items(USAGE))

    event = usage_event(tenant.id, "storage", "storage.gib_seconds", "7", clock.now())
    later = {**event, "id": f"{event['id']}-later"}
    # Given an event that can't be handled, so that what comes after it goes on without it
    with failing(fleet, tenant):
        bus.send("storage.events", event)
        [letter] = eventually(lambda: letters(fleet, event["id"]), timeout=60)
    named = ("reason", "topic", "group", "attempts", "content-type")
    assert [letter[name] for name in named] == [
        "handler_failed",
        "storage.events",
        "billing",
        "5",
        "application/cloudevents+json; charset=UTF-8",
    ]
    assert "refused by fail_to_count" in letter["detail"]
    bus.send("storage.events", later)
    eventually(lambda: counted() == [later["id"]], timeout=30)
    # When it is replayed once the cause is mended, and by mistake once more
    replayed = command(fleet, "replay", event["id"]).splitlines()
    assert f"replayed {event['id']} to storage.events" in replayed
    eventually(lambda: len(counted()) > 1, timeout=30)
    command(fleet, "replay", event["id"])
    # Then it has been counted once, when what comes after it in its partition has
    last = {**event, "id": f"{event['id']}-last"}
    bus.send("storage.events", last)
    eventually(lambda: len(counted()) > 2, timeout=30)
    assert counted() == sorted(each["id"] for each in (event, later, last))
    # And the letter is still there, as it was
    assert letters(fleet, event["id"]) == [letter]

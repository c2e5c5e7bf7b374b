"""The account's monthly periods."""

from datetime import datetime

import pytest

from tests.support.identities import Tenant
from tests.support.months import current, short_february

PERIODS = "/api/billing/v1/periods"


def dates(tenant: Tenant, at: str) -> tuple[str, str]:
    found = tenant.api.ok("GET", PERIODS, params={"at": at})
    return found["period_start"][:10], found["period_end"][:10]


def test_the_period_that_runs_begins_on_the_first_unless_told(tenant: Tenant) -> None:
    found = tenant.api.ok("GET", PERIODS)
    assert datetime.fromisoformat(found["period_start"]) == current().start
    assert datetime.fromisoformat(found["period_end"]) == current().end


def test_an_anchor_of_31_lies_on_the_last_day_of_shorter_months(tenant: Tenant) -> None:
    """Stripe's billing_cycle_anchor; February doesn't cut the months after it."""
    year = short_february().start.year
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"anchor_day": 31})
    assert dates(tenant, f"{year}-02-27T23:59:59Z") == (f"{year}-01-31", f"{year}-02-28")
    assert dates(tenant, f"{year}-02-28T00:00:00Z") == (f"{year}-02-28", f"{year}-03-31")
    assert dates(tenant, f"{year}-04-01T00:00:00Z") == (f"{year}-03-31", f"{year}-04-30")
    assert dates(tenant, "2024-02-29T00:00:00Z") == ("2024-02-29", "2024-03-31")


def test_borders_are_midnights_in_utc_whatever_zone_is_asked_in(tenant: Tenant) -> None:
    assert dates(tenant, "2024-01-31T22:00:00-05:00") == ("2024-02-01", "2024-03-01")
    assert dates(tenant, "2024-02-01T03:00:00+05:00") == ("2024-01-01", "2024-02-01")


@pytest.mark.parametrize(
    "at", ["2024-01-31", "2024-01-31T00:00:00", "yesterday", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_with_a_zone_is_refused(tenant: Tenant, at: str) -> None:
    tenant.api.refused("GET", PERIODS, 400, "bad_request", params={"at": at})


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_a_time_without_a_whole_period_around_it_is_refused(tenant: Tenant, at: str) -> None:
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"anchor_day": 15})
    tenant.api.refused("GET", PERIODS, 422, "invalid_period", params={"at": at})

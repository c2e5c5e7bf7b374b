"""An instant lies in one period, wherever it is written down."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.support.identities import Tenant

PERIODS = "/api/billing/v1/periods"


@pytest.mark.parametrize("anchor", [1, 17, 31])
@pytest.mark.parametrize("minutes", [-720, -210, 330, 345, 840])
def test_the_period_of_an_instant_does_not_depend_on_the_zone_it_is_written_in(
    tenant: Tenant, anchor: int, minutes: int
) -> None:
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"anchor_day": anchor})
    border = datetime(2023, 5, anchor, tzinfo=UTC)
    zone = timezone(timedelta(minutes=minutes))
    for away in (timedelta(minutes=-1), timedelta(0), timedelta(minutes=1)):
        moment = border + away
        there = tenant.api.ok("GET", PERIODS, params={"at": moment.astimezone(zone).isoformat()})
        assert there == tenant.api.ok("GET", PERIODS, params={"at": moment.isoformat()})
        assert datetime.fromisoformat(there["period_end" if away < timedelta(0) else "period_start"]) == border

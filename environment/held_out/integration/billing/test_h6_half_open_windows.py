"""Every piece of usage is of one window, whatever lies at its borders."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.support.billing import set_price, use
from tests.support.identities import Tenant
from tests.support.months import current, past_days

USAGE = "/api/billing/v1/usage"


def test_windows_that_follow_each_other_hold_every_piece_once(tenant: Tenant) -> None:
    first = past_days(1, before=2)
    borders = [first.start + timedelta(hours=6 * number) for number in range(9)]
    for number, (start, end) in enumerate(pairwise(borders)):
        use(tenant, "m", f"{number}.1", start.isoformat())
        use(tenant, "m", f"{number}.2", end.isoformat(), started_at=start.isoformat())
        use(tenant, "m", f"{number}.3", end.isoformat(), started_at=(end - timedelta(seconds=1)).isoformat())
    listed = [
        [item["quantity"] for item in tenant.api.items(USAGE, start=start.isoformat(), end=end.isoformat())]
        for start, end in pairwise(borders)
    ]
    assert listed == [[f"{number}.1", f"{number}.2", f"{number}.3"] for number in range(8)]


@pytest.mark.usefixtures("same_day")
def test_what_ended_as_the_month_began_is_not_of_the_month(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    start = current().start
    use(tenant, "m", "40", start.isoformat(), started_at=(start - timedelta(hours=1)).isoformat())
    use(tenant, "m", "3", start.isoformat())
    assert tenant.api.ok("GET", "/api/billing/v1/spend")["usage"] == "3.00"

"""How long a saved answer can be had again."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.calls.sending import connect
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

OLD, YOUNG = 12_000, 30
"""More old ones than two of the batches of 5,000 that are forgotten at a time."""
INSERT = """
INSERT INTO idempotency_keys (tenant_id, key, fingerprint, status, headers, body, created_at)
SELECT %s, 'client/' || %s || number, 'of a request', 204, '{}', '', now() - %s::interval
FROM generate_series(1, %s) AS number
"""
COUNT = """
SELECT count(*) FILTER (WHERE key LIKE 'client/old%%'), count(*) FILTER (WHERE key LIKE 'client/young%%')
FROM idempotency_keys WHERE tenant_id = %s
"""


@pytest.mark.timeout(120)
@pytest.mark.services("compute", "billing")
@pytest.mark.parametrize("service", ["compute", "billing"])
def test_answers_are_forgotten_after_a_day_all_of_them_and_no_others(
    tenant: Tenant, fleet: FleetControl, service: str
) -> None:
    """One service of each framework. They look when they start, and every ten minutes."""
    with closing(connect(fleet, service)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(INSERT, (tenant.id, "old", "24 hours 1 minute", OLD))
            cursor.execute(INSERT, (tenant.id, "young", "23 hours 30 minutes", YOUNG))

            def kept() -> tuple[int, int]:
                cursor.execute(COUNT, (tenant.id,))
                old, young = cursor.fetchone()
                return int(old), int(young)

            assert kept() == (OLD, YOUNG)
            fleet.restart(service)
            fleet.wait_healthy(service)
            eventually(lambda: kept()[0] == 0, timeout=40)
            assert kept() == (0, YOUNG)

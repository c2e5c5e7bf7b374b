"""Seeded schedules of operations and faults over the whole platform; after each the books agree.

A seed that fails is played again by its number: `make soak SEEDS=1 FIRST=<seed>`.
"""

from __future__ import annotations

import os

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.soak.books import Books
from tests.support.soak.schedule import Schedule

FIRST = int(os.environ.get("OMNICLOUD_SOAK_FIRST", "1"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("OMNICLOUD_SOAK_SEEDS", "2")))
OPERATIONS = int(os.environ.get("OMNICLOUD_SOAK_OPERATIONS", "110"))
DRILLS = int(os.environ.get("OMNICLOUD_SOAK_DRILLS", "8"))


@pytest.mark.services(
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_schedule_of_faults_the_books_agree(operator: Api, fleet: FleetControl, seed: int) -> None:
    # Given a tenant, and a schedule of operations and faults
    schedule = Schedule(seed, fleet, operator, OPERATIONS, DRILLS)
    schedule.prepare()
    # When it is played, whatever is refused or lost meanwhile
    violations = schedule.play()
    fleet.restore()
    # Then what is counted, claimed, locked, recorded and billed is what there is
    violations += Books(schedule).check()
    print(schedule.figures())
    replay = f"seed {seed}; again: make soak SEEDS=1 FIRST={seed} OPERATIONS={OPERATIONS} DRILLS={DRILLS}"
    assert not violations, "\n".join([replay, *violations, schedule.story()])

"""One request's way through all fifteen services, everything asserted by value."""

from datetime import datetime

import pytest

from tests.support.clock import clock
from tests.support.fleet import FleetControl
from tests.support.story import Story


@pytest.mark.services(
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip
@pytest.mark.timeout(400)
def test_the_whole_story(fleet: FleetControl) -> None:
    story, began = Story(fleet.url), clock.now()
    told = [(step.service, step.run()) for step in story.steps()]
    assert len({service for service, _ in told}) == 15
    # And whoever told of a step dated it by the one clock that all of them share with the tests
    times = [datetime.fromisoformat(record["time"]) for record in story.api.items("/api/audit/v1/records", limit=1000)]
    assert began <= min(times)
    assert max(times) <= clock.now()

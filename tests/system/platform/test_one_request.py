"""One request's way through all fifteen services, everything asserted by value."""

import pytest

from tests.support.story import Story


@pytest.mark.services(
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip
@pytest.mark.timeout(180)
def test_the_whole_story(fleet):
    told = [(step.service, step.run()) for step in Story(fleet.url).steps()]
    assert len({service for service, _ in told}) == 15

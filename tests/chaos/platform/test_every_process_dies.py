"""The whole story, with every process of the platform killed once on the way, when its death would do most harm.

It is told twice, so that the halves of the deaths can happen beside each other.
"""

import pytest

from tests.support.crashes import PROCESSES, Crashes
from tests.support.fleet import FleetControl
from tests.support.story import Story

FIRST = ("auth", "secrets", "config", "compliance", "network", "tenants", "compute", "storage", "gateway")
SECOND = ("loadbalancer", "dns", "deploy", "deploy-worker", "deploy-controller", "monitor", "billing", "audit")


@pytest.mark.services(
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip
@pytest.mark.timeout(400)
@pytest.mark.parametrize("dying", [FIRST, SECOND], ids=["what-comes-first", "what-comes-then"])
def test_no_event_is_lost_and_no_effect_doubled_whoever_dies(fleet: FleetControl, dying: tuple[str, ...]) -> None:
    # Given half of all seventeen processes, each to be killed and started again at a moment of the story
    assert sorted((*FIRST, *SECOND)) == sorted(PROCESSES)
    crashes = Crashes.of(fleet, dying)
    # When the story is told, with everything that it asserts by value: the invoice, the trail, quotas, saved answers
    for step in Story(fleet.url, crashes).steps():
        step.run()
    # Then each of them died in it, in this order
    assert [crash.process for crash in crashes.happened] == list(dying)

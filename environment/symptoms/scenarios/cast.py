"""Who acts in a play: the operator and fresh tenants, through the public API."""

from __future__ import annotations

from environment.symptoms.scenarios.stage import Stage
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import OperatorSession, Tenant, create_tenant
from tests.support.local_fleet import LocalFleet


class Cast:
    """The people of one stage. Returns when every service can be reached through the gateway."""

    def __init__(self, stage: Stage) -> None:
        clock.ahead = stage.ahead
        self.fleet = LocalFleet(stage.url, stage.ports, stage.control)
        self.operator = OperatorSession(stage.url)
        eventually(lambda: not self.fleet.wait_routed(), 60)

    def tenant(self, plan: str = "team") -> Tenant:
        """A customer with an administrator."""
        return create_tenant(self.operator.api(), plan)

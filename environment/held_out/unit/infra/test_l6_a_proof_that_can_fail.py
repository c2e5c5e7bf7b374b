"""The bootstrap ends well only if the token that the services hold may do what services do."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from shared.jobs.consul_bootstrap import POLICY, AclBootstrap, BootstrapFailed
from tests.unit.infra.test_consul_bootstrap import MANAGEMENT, Consul

HELD = [str(uuid.UUID(int=number << 64)) for number in (1, 77, 2**60)]


class Forgetful(Consul):
    """Takes a policy's rules and keeps none of them, so that whoever has the policy may do nothing."""

    def answer(self, request: Any) -> Any:
        answer = super().answer(request)
        for policy in self.policies.values():
            policy["Rules"] = ""
        return answer


def bootstrap(consul: Consul, held: str) -> AclBootstrap:
    return AclBootstrap(consul.client(), MANAGEMENT, held)


@pytest.mark.parametrize("held", HELD)
def test_the_services_can_register_with_what_they_hold(held: str) -> None:
    consul = Consul()
    bootstrap(consul, held).run()
    assert [policy["Name"] for policy in consul.tokens[held]["Policies"]] == [POLICY]
    client = consul.client()
    answer = client.put("/v1/agent/service/register", headers={"X-Consul-Token": held}, json={"Name": "dns"})
    assert (answer.status_code, consul.registered) == (200, ["dns"])


@pytest.mark.parametrize("held", HELD[:2])
def test_a_token_that_may_not_register_ends_the_bootstrap(held: str) -> None:
    consul = Forgetful()
    with pytest.raises(BootstrapFailed, match="403"):
        bootstrap(consul, held).run()
    assert consul.registered == []


def test_no_token_is_made_that_nobody_holds() -> None:
    consul = Consul()
    for held in HELD:
        bootstrap(consul, held).run()
        bootstrap(consul, held).run()
    assert sorted(consul.tokens) == sorted(HELD)

"""The ACL bootstrap, against Consul's rules in memory."""

import json
from typing import Any

import httpx
import pytest

from shared.jobs.consul_bootstrap import POLICY, RULES, AclBootstrap, BootstrapFailed, NotReady

MANAGEMENT = "b1f6b2a4-2c3d-4e5f-8a9b-7c6d5e4f3a2b"
SERVICES = "6d3f5c1e-8a0b-4d6e-9f27-0c4b1e5a7d92"


class Consul:
    """Denies by default: a token may do what a policy says, the management token everything."""

    def __init__(self) -> None:
        self.management: str | None = None
        self.policies: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.registered: list[str] = []
        self.writes = 0
        self.leader = True
        self.own_secret: str | None = None
        """What Consul before 1.11 hands out instead of the secret that it was given."""

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer), base_url="http://consul:8500")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not self.leader:
            return httpx.Response(500, text="No cluster leader")
        body = json.loads(request.content or b"null")
        token = request.headers.get("X-Consul-Token", "")
        path = request.url.path.removeprefix("/v1/")
        if path == "acl/bootstrap":
            return self._bootstrap(body["BootstrapSecret"])
        if path == "acl/token/self":
            return self._self(token)
        if path.startswith("agent/service/"):
            return self._service(token, path, body)
        if not self._manages(token):
            return httpx.Response(403, text="Permission denied")
        if path == "acl/policies":
            return httpx.Response(200, json=[{"ID": key, "Name": item["Name"]} for key, item in self.policies.items()])
        self.writes += 1
        if request.method == "DELETE":
            self.management = None if path.endswith("/m") else self.management
            return httpx.Response(200, json=True)
        if path.startswith("acl/policy"):
            self.policies[body.get("ID", "policy-1")] = body
        elif path == "acl/token":
            number = len(self.tokens)
            self.tokens[body.get("SecretID", f"made-up-{number}")] = {"AccessorID": f"accessor-{number}", **body}
        else:
            next(item for item in self.tokens.values() if path.endswith(item["AccessorID"])).update(body)
        return httpx.Response(200, json={})

    def _bootstrap(self, secret: str) -> httpx.Response:
        if self.management is not None:
            return httpx.Response(403, text="ACL bootstrap no longer allowed (reset index: 13)")
        self.management = self.own_secret or secret
        return httpx.Response(200, json={"SecretID": self.management})

    def _manages(self, token: str) -> bool:
        granted = [policy["Name"] for policy in self.tokens.get(token, {}).get("Policies", ())]
        return token == self.management or "global-management" in granted

    def _self(self, token: str) -> httpx.Response:
        if token == self.management:
            return httpx.Response(200, json={"AccessorID": "m", "Policies": [{"Name": "global-management"}]})
        known = self.tokens.get(token)
        return httpx.Response(200, json=known) if known else httpx.Response(403, text="ACL not found")

    def _service(self, token: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        granted = [policy["Name"] for policy in self.tokens.get(token, {}).get("Policies", ())]
        rules = [item["Rules"] for item in self.policies.values() if item["Name"] in granted]
        allowed = any('service_prefix "" { policy = "write" }' in text for text in rules)
        if not allowed and token != self.management:
            return httpx.Response(403, text="Permission denied: lacks permission 'service:write'")
        if body:
            self.registered.append(body["Name"])
        else:
            self.registered.remove(path.rsplit("/", 1)[1])
        return httpx.Response(200)


def bootstrap(consul: Consul, management: str = MANAGEMENT) -> AclBootstrap:
    return AclBootstrap(consul.client(), management, SERVICES)


def test_afterwards_the_services_token_may_register() -> None:
    consul = Consul()
    bootstrap(consul).run()
    assert consul.management == MANAGEMENT
    assert [policy["Name"] for policy in consul.tokens[SERVICES]["Policies"]] == [POLICY]
    assert bootstrap(consul)._send("PUT", "/v1/agent/service/register", SERVICES, {"Name": "compute"}).is_success


def test_the_proof_leaves_no_instance_behind() -> None:
    consul = Consul()
    bootstrap(consul).run()
    assert consul.registered == []


def test_a_second_run_changes_nothing() -> None:
    consul = Consul()
    bootstrap(consul).run()
    before = (dict(consul.policies["policy-1"]), dict(consul.tokens[SERVICES]))
    bootstrap(consul).run()
    assert len(consul.tokens) == len(consul.policies) == 1
    assert {key: value for key, value in consul.policies["policy-1"].items() if key != "ID"} == before[0]
    assert consul.tokens[SERVICES] == before[1]


def test_a_token_that_lost_its_policy_gets_it_back() -> None:
    consul = Consul()
    bootstrap(consul).run()
    consul.tokens[SERVICES]["Policies"] = []
    bootstrap(consul).run()
    assert consul.tokens[SERVICES]["Policies"] == [{"Name": POLICY}]


def test_a_consul_that_makes_its_own_management_token_is_given_the_wanted_one_in_its_place() -> None:
    consul = Consul()
    consul.own_secret = "made-up-by-consul"
    bootstrap(consul).run()
    assert consul.management is None
    assert sorted(consul.tokens) == sorted([MANAGEMENT, SERVICES])
    bootstrap(consul).ensure_token()


def test_another_management_token_is_an_error_that_says_what_to_do() -> None:
    consul = Consul()
    consul.management = "somebody-else"
    with pytest.raises(BootstrapFailed, match="set CONSUL_BOOTSTRAP_TOKEN"):
        bootstrap(consul).run()
    assert (consul.policies, consul.tokens) == ({}, {})


def test_a_consul_without_a_leader_is_tried_again_later() -> None:
    consul = Consul()
    consul.leader = False
    with pytest.raises(NotReady, match="No cluster leader"):
        bootstrap(consul).run()
    consul.leader = True
    bootstrap(consul).run()
    assert SERVICES in consul.tokens


def test_services_may_write_services_keys_and_sessions_and_nothing_else() -> None:
    writable = [line.split()[0] for line in RULES.splitlines() if '"write"' in line]
    assert writable == ["service_prefix", "key_prefix", "session_prefix"]
    assert "acl" not in RULES

"""The typed clients: paths, bodies and what becomes of the answers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from shared.clients.compliance import ComplianceClient, Decision, decision_of
from shared.clients.compute import ComputeClient
from shared.clients.facade import Facade
from shared.clients.http import ServiceClient
from shared.clients.secrets import SecretsClient
from shared.clients.tenants import TenantsClient
from shared.errors import BadGateway
from shared.infra.registry import Instance
from shared.kernel.context import service_context
from shared.settings import ServiceSettings
from tests.unit.clocks import standing_clock

Sent = list[tuple[str, str, Any, str | None]]
"""Method, path, body and key of each request."""
Make = Callable[[type[Facade], object], Any]

CLOCK = standing_clock()
SETTINGS = ServiceSettings(service_name="compute", identity_signing_key="k" * 32)


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    with service_context("compute", "t-1", CLOCK):
        yield


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def make(sent: Sent) -> Make:
    """A typed client whose upstream answers with `answer`."""

    def build(kind: type[Facade], answer: object) -> Any:
        def upstream(request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content) if request.content else None
            key = request.headers.get("Idempotency-Key")
            sent.append((request.method, request.url.raw_path.decode(), body, key))
            return httpx.Response(200, json=answer)

        address = Instance("x", kind.service, "10.0.0.1:80")
        transport = httpx.MockTransport(upstream)
        return kind(
            ServiceClient(kind.service, SETTINGS, CLOCK, transport=transport, lookup=lambda _service: (address,))
        )

    return build


def test_a_reservation_carries_its_identifier_and_every_call_a_key_of_its_own(make: Make, sent: Sent) -> None:
    tenants = make(TenantsClient, {"state": "reserved"})

    assert tenants.reserve("vcpus", 4, "i-1.vcpus") == {"state": "reserved"}
    tenants.reserve("vcpus", 4, "i-1.vcpus", project_id="p-1")

    assert [call[:3] for call in sent] == [
        ("POST", "/v1/quota/reservations", {"resource": "vcpus", "amount": 4, "reservation_id": "i-1.vcpus"}),
        ("POST", "/v1/quota/reservations",
         {"resource": "vcpus", "amount": 4, "reservation_id": "i-1.vcpus", "project_id": "p-1"}),
    ]  # fmt: skip
    assert len({call[3] for call in sent} - {None}) == 2


def test_commit_and_release_name_the_reservation_and_are_never_answered_by_an_earlier_call(
    make: Make, sent: Sent
) -> None:
    tenants = make(TenantsClient, {})

    tenants.commit("i-1.vcpus")
    tenants.release("a/b")
    tenants.commit("i-1.vcpus")

    assert [call[:3] for call in sent] == [
        ("POST", "/v1/quota/reservations/i-1.vcpus/commit", None),
        ("POST", "/v1/quota/reservations/a%2Fb/release", None),
        ("POST", "/v1/quota/reservations/i-1.vcpus/commit", None),
    ]
    assert len({call[3] for call in sent} - {None}) == 3


def test_a_tenant_is_read_in_its_own_name(make: Make, sent: Sent) -> None:
    assert make(TenantsClient, {"state": "active"}).tenant("t-9") == {"state": "active"}
    assert sent == [("GET", "/v1/tenants/t-9", None, None)]


def test_an_evaluation_becomes_a_decision(make: Make, sent: Sent) -> None:
    answer = {"allowed": False, "enforcement": "deny", "violations": [{"policy": "pol-1", "message": "no public IP"}]}

    decision = make(ComplianceClient, answer).evaluate("compute.instances.create", "instance", {"name": "web"})

    assert decision == Decision(False, "deny", ({"policy": "pol-1", "message": "no public IP"},))
    assert sent == [
        ("POST", "/v1/evaluations",
         {"action": "compute.instances.create", "resource_type": "instance", "resource": {"name": "web"}}, None)
    ]  # fmt: skip


def test_several_evaluations_become_the_decisions_that_something_speaks_against(make: Make, sent: Sent) -> None:
    answer = {"evaluated": 2, "results": [{"resource_id": "b", "allowed": True, "enforcement": "warn"}]}

    decisions = make(ComplianceClient, answer).evaluate_many("dns.zones.create", "zone", [{"id": "a"}, {"id": "b"}])

    assert decisions == {"b": Decision(True, "warn", ())}
    assert sent == [
        ("POST", "/v1/evaluations/batch",
         {"action": "dns.zones.create", "resource_type": "zone", "resources": [{"id": "a"}, {"id": "b"}]}, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [None, {}, [], {"evaluated": 1}, {"evaluated": 0, "results": []}, {"evaluated": 1, "results": [{"allowed": "no"}]}],
)
def test_less_than_a_decision_on_each_is_none(make: Make, answer: Any) -> None:
    with pytest.raises(BadGateway, match="without a decision"):
        make(ComplianceClient, answer).evaluate_many("dns.zones.create", "zone", [{"id": "a"}])


@pytest.mark.parametrize("answer", [None, {}, {"allowed": "false"}, {"allowed": 1}, [], {"enforcement": "warn"}])
def test_anything_but_a_decision_is_none(answer: dict[str, Any] | list[Any] | None) -> None:
    with pytest.raises(BadGateway, match="without a decision"):
        decision_of(answer)


def test_a_secret_is_read_by_its_path(make: Make, sent: Sent) -> None:
    secrets = make(SecretsClient, {"data": {}})

    secrets.read("apps/web/db")
    secrets.read("/apps/web/db/", version=3)

    assert [path for _, path, _, _ in sent] == ["/v1/secrets/apps/web/db", "/v1/secrets/apps/web/db?version=3"]


def test_identifiers_cannot_lead_to_another_path(make: Make, sent: Sent) -> None:
    make(ComputeClient, {}).instance("../hosts?x=1")

    assert [path for _, path, _, _ in sent] == ["/v1/instances/..%2Fhosts%3Fx%3D1"]

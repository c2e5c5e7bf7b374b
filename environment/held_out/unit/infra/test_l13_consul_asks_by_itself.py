"""Consul is told where and how often to ask, for any instance; nothing waits for an instance to report itself."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.registry import Registration, service_definition

KINDS = {"http", "tcp", "ttl", "args", "script", "grpc", "udp", "docker"}


@settings(derandomize=True, phases=[Phase.generate], max_examples=100, deadline=None)
@given(
    name=st.sampled_from(["compute", "dns", "deploy", "gateway"]),
    port=st.integers(1024, 65535),
    seconds=st.sampled_from([1, 2, 5, 10, 30, 0.5, 2.5]),
)
def test_the_check_asks_the_instances_own_address(name: str, port: int, seconds: float) -> None:
    url = f"http://{name}-7:{port}/healthz"
    check = service_definition(Registration(name, f"{name}-7", f"{name}-7:{port}", url, seconds))["check"]
    lower = {key.lower(): value for key, value in check.items()}
    assert {key for key in lower if key in KINDS} == {"http"}
    assert lower["http"] == url
    assert (lower["interval"][-1], float(lower["interval"][:-1])) == ("s", seconds)
    assert "status" not in lower or lower["status"] != "passing"

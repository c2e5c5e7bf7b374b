"""The gateway while services come and go."""

import time

import pytest

from tests.support.eventually import eventually


@pytest.mark.services("tenants")
def test_a_dead_service_is_a_quick_clear_refusal_and_comes_back(tenant, fleet):
    fleet.kill("tenants")
    started = time.monotonic()
    answer = tenant.api.get("/api/tenants/v1/projects")
    assert answer.status_code in (502, 503)
    assert answer.json()["code"] in ("bad_gateway", "service_unavailable")
    assert time.monotonic() - started < 5
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: tenant.api.get("/api/tenants/v1/projects").status_code == 200, timeout=15)


@pytest.mark.services("tenants", "auth")
def test_other_services_go_on_while_one_is_dead(tenant, fleet):
    fleet.kill("tenants")
    assert tenant.api.get("/api/auth/v1/me").status_code == 200


def test_a_killed_gateway_routes_again_after_its_restart(tenant, fleet):
    fleet.kill("gateway")
    fleet.start("gateway")
    fleet.wait_healthy("gateway")
    eventually(lambda: tenant.api.get("/api/auth/v1/me").status_code == 200, timeout=15)

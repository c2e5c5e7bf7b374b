"""What tells that the entry point serves, and what it waits for before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import shared

ROOT = Path(shared.__file__).parents[1]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
GATEWAY = SERVICES["gateway"]


def is_done_or_healthy(name: str) -> str:
    """The condition under which a service can be relied on: jobs are over, servers healthy."""
    return "service_completed_successfully" if SERVICES[name].get("restart") == "no" else "service_healthy"


def test_its_own_readiness_says_whether_it_is_healthy() -> None:
    test = GATEWAY["healthcheck"]["test"]
    command = test if isinstance(test, str) else " ".join(test[1:])
    port = GATEWAY["environment"]["LISTEN_ADDRESS"].rpartition(":")[2]
    assert f":{port}/readyz" in command
    assert not GATEWAY["healthcheck"].get("disable", False)


@pytest.mark.parametrize("name", ["redis", "consul-bootstrap", "auth"])
def test_it_begins_when_what_it_needs_can_be_relied_on(name: str) -> None:
    waits_for = GATEWAY["depends_on"]
    assert isinstance(waits_for, dict)
    assert waits_for[name]["condition"] == is_done_or_healthy(name)


def test_it_waits_for_nothing_that_nobody_can_be_sure_of() -> None:
    for name, wait in GATEWAY["depends_on"].items():
        assert wait["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]
        assert wait["condition"] != "service_started"

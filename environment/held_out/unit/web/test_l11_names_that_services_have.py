"""Every service is called by the others under its name in the registry, and answers to no stranger's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared
from shared import services
from shared.settings import ServiceSettings
from shared.web.edge import InvalidHost, check_host

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""What a variable of the compose file is when nobody sets it."""
ROOT = Path(shared.__file__).parents[1]
COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def hosts_of(name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The host names that a service's process is given."""
    with monkeypatch.context() as process:
        process.delenv("ALLOWED_HOSTS", raising=False)
        for variable, value in COMPOSE[name]["environment"].items():
            process.setenv(variable, DEFAULT.sub(r"\1", str(value)))
        return ServiceSettings().hosts()  # type: ignore[call-arg]  # from the environment


@pytest.mark.parametrize("name", services.NAMES)
def test_a_service_answers_to_its_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = hosts_of(name, monkeypatch)
    port = COMPOSE[name]["environment"]["ADVERTISE_ADDRESS"].rpartition(":")[2]
    for host in (f"{name}.service.consul", name, "localhost", "127.0.0.1"):
        check_host(host, allowed)
        check_host(f"{host}:{port}", allowed)


@pytest.mark.parametrize("name", services.NAMES)
@pytest.mark.parametrize(
    "host", ["evil.example", "service.consul.evil.example", "computeservice.consul", "10.0.0.1", "consul", ""]
)
def test_it_answers_to_nobody_elses(name: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidHost):
        check_host(host, hosts_of(name, monkeypatch))

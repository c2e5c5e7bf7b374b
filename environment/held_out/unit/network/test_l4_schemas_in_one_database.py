"""In which order the schemas come that lie in one database and refer to each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

import shared
from shared.jobs.migrate import by_database
from shared.jobs.migration import MIGRATED

ROOT = Path(shared.__file__).parents[1]


def job() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["migrate"]
    return found


def queues() -> list[list[str]]:
    """The services of each database in the order in which the job migrates them."""
    return list(by_database(job()["command"][3:], job()["environment"]).values())


def referred_by(service: str) -> set[str]:
    """The other services whose tables a service's migrations refer to."""
    text = "".join(path.read_text() for path in (ROOT / "services" / service / "migrations").glob("*.py"))
    return set(re.findall(r"REFERENCES\s+(\w+)\.\w+", text)) & MIGRATED - {service}


def test_every_schema_is_migrated_once() -> None:
    assert sorted(service for queue in queues() for service in queue) == sorted(MIGRATED)


def test_a_schema_comes_after_those_that_it_refers_to() -> None:
    references = {service: referred_by(service) for service in MIGRATED}
    assert references["network"] == {"compute"}
    for queue in queues():
        for place, service in enumerate(queue):
            assert references[service] <= set(queue[:place])

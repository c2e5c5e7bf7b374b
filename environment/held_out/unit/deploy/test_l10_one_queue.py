"""Whoever sends tasks sends them where they are taken from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared
from services.deploy.ports.tasks import QUEUE, make_celery
from services.deploy.settings import Settings

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""What a variable of the compose file is when nobody sets it."""
ROOT = Path(shared.__file__).parents[1]
COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PROCESSES = [
    name for name, service in COMPOSE.items() if service.get("environment", {}).get("SERVICE_NAME") == "deploy"
]


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    with monkeypatch.context() as process:
        for variable, value in COMPOSE[name]["environment"].items():
            process.setenv(variable, DEFAULT.sub(r"\1", str(value)))
        return Settings()


def test_all_processes_of_deploy_have_one_broker_and_one_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(PROCESSES) == ["deploy", "deploy-controller", "deploy-worker"]
    apps = [make_celery(settings_of(name, monkeypatch)) for name in PROCESSES]
    assert len({app.conf.broker_url for app in apps}) == 1
    assert {app.conf.task_default_queue for app in apps} == {QUEUE}


def test_tasks_lie_apart_from_what_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROCESSES:
        found = settings_of(name, monkeypatch)
        assert found.celery_broker_url != found.redis_url

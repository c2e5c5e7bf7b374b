"""After the job has run, everything that is published to is there, or the broker may make it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import shared
from shared import services
from shared.events.topics import DEAD_LETTERS, topic_name
from shared.jobs import topics
from tests.unit.events.test_event_topics import FakeBroker

COMPOSE = Path(shared.__file__).parents[1] / "docker-compose.yml"
NEEDED = [DEAD_LETTERS, *map(topic_name, services.NAMES)]


def broker_creates() -> bool:
    kafka: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]["kafka"]
    return str(kafka["environment"].get("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "true")).lower() == "true"


def missing_after(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What isn't there when the job has been run on this broker."""
    monkeypatch.setattr(topics, "AdminClient", lambda _config: broker)
    assert topics.main() == 0
    return set() if broker_creates() else set(NEEDED) - broker.topics


def test_every_topic_is_there_or_may_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_after(FakeBroker(), monkeypatch) == set()


@pytest.mark.parametrize("existing", [NEEDED[:1], NEEDED[1:9], NEEDED])
def test_so_it_is_on_a_broker_that_knows_some_already(existing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_after(FakeBroker(existing=existing), monkeypatch) == set()

"""`python -m shared.jobs.topics` creates every topic and waits until the broker shows it. Safe to run again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from shared.events.kafka import admin_config
from shared.events.topics import TOPICS, Topic
from shared.settings import ServiceSettings

TIMEOUT_SECONDS = 60.0
"""How long a broker may take to come up; the job fails after that."""
REQUEST_SECONDS = 10.0
"""For one look. Creating is one request for all topics, which keeps a real broker busy for a while."""
LOOK_SECONDS = 0.05
REPLICATION_FROM_BROKER = -1
"""Let the broker's `default.replication.factor` decide (Kafka 2.4 and later, KIP-464)."""


class TopicsNotReady(Exception):
    """Topics could not be created, or the broker doesn't show them in time; the message says which and why."""


def create_topics(admin: Any, topics: Sequence[Topic]) -> tuple[str, ...]:
    """Create what is missing; the names of what was created. Raises TopicsNotReady."""
    wanted = [NewTopic(topic.name, topic.partitions, REPLICATION_FROM_BROKER, config=topic.config) for topic in topics]
    created, refused = [], []
    for name, future in admin.create_topics(wanted, request_timeout=TIMEOUT_SECONDS).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                refused.append(f"{name}: {error.args[0].str()}")
    if refused:
        raise TopicsNotReady(f"the broker refused {'; '.join(sorted(refused))}")
    return tuple(sorted(created))


def wait_for_topics(admin: Any, names: Iterable[str], timeout: float) -> None:
    """Return once every topic has a leader for each partition. Raises TopicsNotReady after `timeout` seconds."""
    until = time.monotonic() + timeout
    names = frozenset(names)
    while missing := names - _ready(admin):
        if time.monotonic() >= until:
            raise TopicsNotReady(f"the broker doesn't show {', '.join(sorted(missing))}")
        time.sleep(LOOK_SECONDS)


def _ready(admin: Any) -> frozenset[str]:
    metadata = admin.list_topics(timeout=REQUEST_SECONDS)
    return frozenset(
        name
        for name, topic in metadata.topics.items()
        if topic.error is None and topic.partitions and all(part.leader >= 0 for part in topic.partitions.values())
    )


def main() -> int:
    """Create the topics of the platform; 1 with the reason on standard error when that fails."""
    settings = ServiceSettings(service_name="topics")
    admin = AdminClient(admin_config(settings))
    try:
        created = create_topics(admin, TOPICS)
        wait_for_topics(admin, (topic.name for topic in TOPICS), TIMEOUT_SECONDS)
    except (TopicsNotReady, KafkaException) as error:
        print(f"topics on {settings.kafka_bootstrap_servers}: {error}", file=sys.stderr)
        return 1
    print(f"{len(TOPICS)} topics are there, {len(created)} of them new")
    return 0


if __name__ == "__main__":
    sys.exit(main())

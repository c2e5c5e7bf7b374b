"""The topics of the bus, and the job that creates them."""

from collections.abc import Collection, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from shared import services
from shared.events.consumer import INBOX_DAYS
from shared.events.envelope import InvalidEvent
from shared.events.topics import DEAD_LETTER_RETENTION, EVENT_RETENTION, TOPICS, topic_of, topics_for
from shared.jobs.topics import TopicsNotReady, create_topics, wait_for_topics

ALL = [
    "audit.events", "auth.events", "billing.events", "compliance.events", "compute.events", "config.events",
    "dead-letters", "deploy.events", "dns.events", "gateway.events", "loadbalancer.events", "monitor.events",
    "network.events", "secrets.events", "storage.events", "tenants.events",
]  # fmt: skip


class FakeBroker:
    """Answers like an AdminClient."""

    def __init__(
        self, existing: Iterable[str] = (), refused: Collection[str] = (), leaderless: Collection[str] = ()
    ) -> None:
        self.topics = set(existing)
        self.refused, self.leaderless = refused, leaderless

    def create_topics(self, wanted: Iterable[Any], request_timeout: float) -> dict[str, Any]:
        return {topic.topic: self._created(topic.topic) for topic in wanted}

    def _created(self, name: str) -> SimpleNamespace:
        def result() -> None:
            if name in self.refused:
                raise KafkaException(KafkaError(KafkaError.POLICY_VIOLATION, "not here"))
            if name in self.topics:
                raise KafkaException(KafkaError(KafkaError.TOPIC_ALREADY_EXISTS))
            self.topics.add(name)

        return SimpleNamespace(result=result)

    def list_topics(self, timeout: float) -> SimpleNamespace:
        return SimpleNamespace(topics={name: self._metadata(name) for name in self.topics})

    def _metadata(self, name: str) -> SimpleNamespace:
        leader = -1 if name in self.leaderless else 1
        return SimpleNamespace(error=None, partitions={0: SimpleNamespace(leader=leader)})


def test_every_service_has_a_topic_and_there_is_one_for_dead_letters() -> None:
    assert sorted(topic.name for topic in TOPICS) == ALL
    assert len(services.NAMES) == 15


def test_service_topics_have_partitions_and_keep_a_week() -> None:
    compute = next(topic for topic in TOPICS if topic.name == "compute.events")

    assert compute.partitions == 3
    assert compute.config == {"retention.ms": "604800000", "cleanup.policy": "delete"}


def test_an_event_goes_to_the_topic_of_its_producer() -> None:
    assert topic_of("compute.instance.created") == "compute.events"
    assert topic_of("billing.usage.recorded") == "billing.events"


def test_a_consumer_subscribes_to_the_producers_of_what_it_handles_and_no_more() -> None:
    types = frozenset({"tenants.tenant.closed", "tenants.tenant.created", "compute.usage.recorded"})

    assert topics_for(types) == ("compute.events", "tenants.events")


def test_a_consumer_of_everything_subscribes_to_every_service() -> None:
    assert topics_for(frozenset({"*", "tenants.tenant.closed"})) == tuple(n for n in ALL if n != "dead-letters")


def test_a_handler_for_a_service_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="computer"):
        topics_for(frozenset({"computer.instance.created"}))


def test_the_job_creates_all_topics() -> None:
    broker = FakeBroker()

    created = create_topics(broker, TOPICS)
    wait_for_topics(broker, ALL, timeout=0)

    assert list(created) == ALL
    assert broker.topics == set(ALL)


def test_the_job_creates_only_what_is_missing() -> None:
    broker = FakeBroker(existing=[name for name in ALL if name not in ("dns.events", "dead-letters")])

    assert create_topics(broker, TOPICS) == ("dead-letters", "dns.events")


def test_the_job_names_what_the_broker_refused_and_why() -> None:
    with pytest.raises(TopicsNotReady, match=r"the broker refused audit\.events: not here; dns\.events: not here"):
        create_topics(FakeBroker(refused=["dns.events", "audit.events"]), TOPICS)


def test_the_job_fails_while_a_topic_has_no_leader() -> None:
    broker = FakeBroker(existing=ALL, leaderless=["storage.events"])

    with pytest.raises(TopicsNotReady, match=r"doesn't show storage\.events$"):
        wait_for_topics(broker, ALL, timeout=0)


def test_the_inbox_remembers_what_a_dead_letter_can_bring_back() -> None:
    assert (EVENT_RETENTION + DEAD_LETTER_RETENTION + EVENT_RETENTION).days <= INBOX_DAYS

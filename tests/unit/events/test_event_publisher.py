"""Sending outbox rows: only what the broker has confirmed counts as sent."""

from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any

import pytest

from shared.events.kafka import consumer_config, producer_config
from shared.events.outbox_table import PendingEvent
from shared.events.publisher import Publisher
from shared.settings import ServiceSettings

SETTINGS = ServiceSettings(service_name="compute", kafka_bootstrap_servers="kafka:9092")


class Broker:
    """A producer whose broker refuses some events and is silent on others."""

    def __init__(self, refuse: Collection[bytes] = (), silent: Collection[bytes] = (), fatal: bool = False) -> None:
        self.refuse, self.silent, self.fatal = refuse, silent, fatal
        self.sent: list[tuple[str, bytes, bytes, bytes]] = []
        self.waiting: list[tuple[bytes, Callable[[Any, Any], None]]] = []
        self.purged = False

    def produce(
        self,
        topic: str,
        key: bytes,
        value: bytes,
        headers: list[tuple[str, bytes]],
        on_delivery: Callable[[Any, Any], None],
    ) -> None:
        self.sent.append((topic, key, value, dict(headers)["content-type"]))
        self.waiting.append((value, on_delivery))

    def flush(self, _seconds: float) -> int:
        for value, report in [each for each in self.waiting if each[0] not in self.silent]:
            report(self._error() if value in self.refuse else None, None)
        self.waiting = [each for each in self.waiting if each[0] in self.silent]
        return len(self.waiting)

    def _error(self) -> SimpleNamespace:
        return SimpleNamespace(name=lambda: "UNKNOWN_TOPIC_OR_PART", fatal=lambda: self.fatal)

    def purge(self) -> None:
        self.purged = True
        self.refuse, self.silent = self.silent, ()


def rows(count: int) -> list[PendingEvent]:
    return [PendingEvent(n, f"evt-{n}", "compute.events", f"i-{n}", f"body-{n}", 0.5) for n in range(1, count + 1)]


def never() -> bool:
    return False


def test_events_go_out_in_order_under_their_subject() -> None:
    broker = Broker()

    confirmed = Publisher(SETTINGS, lambda _config: broker).send(rows(2), never)

    kind = b"application/cloudevents+json; charset=UTF-8"
    assert confirmed == [1, 2]
    assert broker.sent == [
        ("compute.events", b"i-1", b"body-1", kind), ("compute.events", b"i-2", b"body-2", kind),
    ]  # fmt: skip


def test_a_refused_event_is_not_confirmed() -> None:
    broker = Broker(refuse=[b"body-2"])

    assert Publisher(SETTINGS, lambda _config: broker).send(rows(3), never) == [1, 3]
    assert not broker.purged


def test_what_the_broker_is_silent_on_is_given_up_when_nobody_waits_any_longer() -> None:
    broker = Broker(silent=[b"body-1"])
    patience = iter([True, True, False])

    assert Publisher(SETTINGS, lambda _config: broker).send(rows(2), lambda: next(patience)) == [2]
    assert broker.purged


def test_a_failure_while_waiting_drops_what_is_under_way() -> None:
    broker = Broker(silent=[b"body-1"])

    def lost() -> bool:
        raise ConnectionError("database gone")

    with pytest.raises(ConnectionError):
        Publisher(SETTINGS, lambda _config: broker).send(rows(1), lost)

    assert broker.purged


def test_a_producer_is_made_on_first_use_and_again_after_a_fatal_error() -> None:
    brokers = [Broker(refuse=[b"body-1"], fatal=True), Broker()]
    made = iter(brokers)
    publisher = Publisher(SETTINGS, lambda _config: next(made))

    assert publisher.send(rows(1), never) == []
    assert publisher.send(rows(1), never) == [1]
    assert [len(broker.sent) for broker in brokers] == [1, 1]


def test_the_producer_keeps_order_and_waits_for_every_replica() -> None:
    config = producer_config(SETTINGS)

    assert (config["enable.idempotence"], config["acks"], config["message.timeout.ms"]) == (True, "all", 0)


@pytest.mark.parametrize(("flag", "protocol"), [(True, "SSL"), (False, "PLAINTEXT")])
def test_the_flags_of_the_environment_reach_the_clients(flag: bool, protocol: str) -> None:
    settings = SETTINGS.model_copy(update={"kafka_tls": flag, "kafka_auto_create_topics": flag})

    for config in (producer_config(settings), consumer_config(settings, "compute")):
        assert config["security.protocol"] == protocol
        assert config["allow.auto.create.topics"] is flag


def test_the_consumer_stores_offsets_by_hand_and_begins_at_the_beginning() -> None:
    config = consumer_config(SETTINGS, "billing")

    assert (config["enable.auto.offset.store"], config["auto.offset.reset"]) == (False, "earliest")
    assert (config["group.id"], config["group.protocol"]) == ("billing", "classic")


def test_the_new_group_protocol_is_given_none_of_the_classic_ones_settings() -> None:
    config = consumer_config(SETTINGS.model_copy(update={"kafka_group_protocol": "consumer"}), "billing")

    assert config["group.protocol"] == "consumer"
    assert not {"session.timeout.ms", "partition.assignment.strategy"} & set(config)

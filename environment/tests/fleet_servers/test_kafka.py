import secrets
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from environment.fleet.servers import BadServerSettings, ServerError, server_for
from environment.fleet.servers.kafka import CONTROL
from environment.fleet.servers.kafka_mock.control import command
from environment.tests.fleet_servers.conftest import Rig, Running
from tests.support.bus import Bus

IMAGE = "confluentinc/cp-kafka:7.5.0"
SETTINGS = {
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_GROUP_CONSUMER_SESSION_TIMEOUT_MS": "1000",
    "KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS": "200",
}


@pytest.fixture(scope="session")
def kafka(rig: Rig) -> Running:
    return rig.start(rig.context("kafka", IMAGE, 9092, SETTINGS))


def servers(kafka: Running) -> dict[str, str]:
    return {"bootstrap.servers": f"127.0.0.1:{kafka.port}"}


def create_topic(kafka: Running, name: str, partitions: int = 1, replication: int = 1) -> None:
    admin = AdminClient(servers(kafka))  # kept until the answer is here: what it awaits ends with it
    admin.create_topics([NewTopic(name, partitions, replication)])[name].result(5)


@pytest.fixture
def topic(kafka: Running, request: pytest.FixtureRequest) -> str:
    create_topic(kafka, request.node.name, 2)
    return str(request.node.name)


@pytest.fixture
def consume(rig: Rig, kafka: Running) -> Iterator[Callable[..., Consumer]]:
    made: list[Consumer] = []

    def subscribe(topic: str, group: str) -> Consumer:
        consumer = Consumer(
            servers(kafka)
            | {
                "group.id": group,
                "group.protocol": rig.group_protocol,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([topic])
        made.append(consumer)
        return consumer

    yield subscribe
    for consumer in made:
        consumer.close()


def read(consumer: Consumer, count: int, timeout: float = 10.0) -> list[bytes]:
    values: list[bytes] = []
    deadline = time.monotonic() + timeout
    while len(values) < count and time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            values.append(message.value())
    return values


def produce(kafka: Running, topic: str, *values: str | bytes | None) -> list[KafkaError | None]:
    errors: list[KafkaError | None] = []
    producer = Producer(servers(kafka) | {"linger.ms": 0, "topic.metadata.propagation.max.ms": 500})
    for value in values:
        data = value.encode() if isinstance(value, str) else value
        producer.produce(topic, data, key=data, on_delivery=lambda error, _: errors.append(error))
    producer.flush(10)
    return errors


def test_a_topic_is_created_with_its_partitions_and_only_once(kafka: Running) -> None:
    create_topic(kafka, "three-partitions", 3)
    assert len(AdminClient(servers(kafka)).list_topics(timeout=5).topics["three-partitions"].partitions) == 3
    with pytest.raises(KafkaException) as refusal:
        create_topic(kafka, "three-partitions")
    assert refusal.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS


def test_more_replicas_than_brokers_are_refused(kafka: Running) -> None:
    with pytest.raises(KafkaException) as refusal:
        create_topic(kafka, "replicated", replication=3)
    assert refusal.value.args[0].code() == KafkaError.INVALID_REPLICATION_FACTOR


def test_without_auto_creation_an_event_for_an_unknown_topic_is_not_delivered(kafka: Running) -> None:
    errors = produce(kafka, "never-created", "x")
    assert [error.code() for error in errors if error] == [KafkaError.UNKNOWN_TOPIC_OR_PART]
    # By their list, because asking for one topic by name may create it.
    assert "never-created" not in AdminClient(servers(kafka)).list_topics(timeout=5).topics


def test_the_tests_bus_does_not_wait_for_events_of_a_topic_that_is_not_there(kafka: Running, topic: str) -> None:
    # given a topic with an event, and one that nobody made
    bus = Bus(servers(kafka)["bootstrap.servers"])
    event = {"type": "tests.thing.made", "subject": "here", "data": {}}
    bus.send(topic, event)
    began = time.monotonic()
    # when one asks for it or sends to it, then that is said at once, long before the ten seconds for an event
    with pytest.raises(AssertionError, match=r"the broker has no topic bus\.nowhere"):
        bus.of_subject("bus.nowhere", "here")
    with pytest.raises(AssertionError, match=r"the broker has no topic bus\.nowhere"):
        bus.send("bus.nowhere", event)
    assert time.monotonic() - began < 5
    # and events of a topic that is there still come
    assert bus.of_subject(topic, "here") == [event]


@pytest.mark.parametrize(
    "junk", [None, b"", b"{not json", b"\xff here", b"[" * 100_000, b'["here"]', b'{"subject": "here"}']
)
def test_the_tests_bus_passes_over_what_is_no_event(kafka: Running, junk: bytes | None) -> None:
    # given a topic with something that no consumer could read, before and after an event
    topic = f"bus.junk-{secrets.token_hex(4)}"
    create_topic(kafka, topic)
    bus = Bus(servers(kafka)["bootstrap.servers"])
    event = {"type": "tests.thing.made", "subject": "here", "data": {}}
    produce(kafka, topic, junk)
    bus.send(topic, event)
    produce(kafka, topic, junk)
    # when the tests read it in any of their ways, then they find the event and nothing else
    assert bus.events(topic, lambda found: found["data"] == {}) == [event]
    assert bus.of_subject(topic, "here") == [event]
    assert bus.holding(topic, b"here") == [event]


def test_with_auto_creation_the_broker_makes_the_topic(rig: Rig) -> None:
    settings = {"KAFKA_AUTO_CREATE_TOPICS_ENABLE": "true", "KAFKA_NUM_PARTITIONS": "2"}
    running = rig.start(rig.context("kafka-auto", IMAGE, 9092, settings))
    assert produce(running, "made-on-demand", "x") == [None]
    assert len(AdminClient(servers(running)).list_topics(timeout=5).topics["made-on-demand"].partitions) == 2
    running.stop()


def test_a_waiting_consumer_gets_a_record_at_once(kafka: Running, topic: str, consume: Callable[..., Consumer]) -> None:
    consumer = consume(topic, "latency")
    produce(kafka, topic, "warm-up")
    assert read(consumer, 1) == [b"warm-up"]
    producer = Producer(servers(kafka) | {"linger.ms": 0})
    waits = []
    for number in range(20):
        began = time.monotonic()
        producer.produce(topic, str(number))
        producer.poll(0)
        assert read(consumer, 1) == [str(number).encode()]
        waits.append(time.monotonic() - began)
    # The consumer's own fetch.wait.max.ms is half a second; a record must not wait for its end.
    assert sorted(waits)[len(waits) // 2] < 0.25


def test_a_group_goes_on_after_its_committed_offset(
    kafka: Running, topic: str, consume: Callable[..., Consumer]
) -> None:
    produce(kafka, topic, "a", "b", "c")
    first = consume(topic, "offsets")
    assert sorted(read(first, 3)) == [b"a", b"b", b"c"]
    first.commit(asynchronous=False)
    first.close()
    produce(kafka, topic, "d")
    assert read(consume(topic, "offsets"), 2, timeout=2) == [b"d"]


def test_a_group_shares_partitions_and_takes_over_from_a_member_that_left(
    kafka: Running, topic: str, consume: Callable[..., Consumer], eventually: Callable[..., None]
) -> None:
    first, second = consume(topic, "pair"), consume(topic, "pair")

    def balanced() -> bool:
        first.poll(0.02)
        second.poll(0.02)
        return len(first.assignment()) == len(second.assignment()) == 1

    eventually(balanced)
    second.close()
    eventually(lambda: (first.poll(0.02), len(first.assignment()) == 2)[1])


@pytest.mark.stand_in
def test_a_broker_that_was_away_still_has_records_and_topics(
    kafka: Running, topic: str, consume: Callable[..., Consumer], eventually: Callable[..., None]
) -> None:
    control = kafka.context.extra_port(CONTROL)
    produce(kafka, topic, "before")
    command(control, "down")
    assert not kafka.launch.ready()
    command(control, "up")
    eventually(kafka.launch.ready)
    produce(kafka, topic, "after")
    assert sorted(read(consume(topic, "away"), 2)) == [b"after", b"before"]


def test_a_restarted_broker_has_its_topics_on_the_same_port(rig: Rig) -> None:
    context = rig.context("kafka-again", IMAGE, 9092, SETTINGS)
    first = rig.start(context)
    create_topic(first, "kept", 2)
    first.kill()
    again = rig.start(context)
    assert produce(again, "kept", "x") == [None]
    assert again.stop() == 0


@pytest.mark.stand_in
def test_an_unknown_control_command_is_refused(kafka: Running) -> None:
    with pytest.raises(ServerError, match="unknown command"):
        command(kafka.context.extra_port(CONTROL), "explode")


@pytest.mark.stand_in
def test_zookeeper_is_part_of_the_broker(rig: Rig, kafka: Running) -> None:
    zookeeper = rig.context("zookeeper", "confluentinc/cp-zookeeper:7.5.0", 2181)
    launch = server_for(zookeeper.image).launch(zookeeper, [zookeeper, kafka.context])
    assert (launch.argv, launch.shares_with) == ((), "kafka")


@pytest.mark.stand_in
def test_a_flag_that_is_no_flag_is_refused(rig: Rig) -> None:
    context = rig.context("kafka-bad", IMAGE, 9092, {"KAFKA_AUTO_CREATE_TOPICS_ENABLE": "maybe"})
    with pytest.raises(BadServerSettings, match="KAFKA_AUTO_CREATE_TOPICS_ENABLE must be true or false"):
        server_for(IMAGE).launch(context, [context])


def test_a_consumer_that_goes_back_gets_the_same_record_again_at_once(
    kafka: Running, topic: str, consume: Callable[..., Consumer]
) -> None:
    producer = Producer(servers(kafka))
    producer.produce(topic, b"again", partition=0)
    assert producer.flush(5) == 0
    consumer = consume(topic, "group-back")
    assert read(consumer, 1) == [b"again"]
    for _ in range(3):
        consumer.seek(TopicPartition(topic, 0, 0))
        began = time.monotonic()
        assert read(consumer, 1) == [b"again"]
        assert time.monotonic() - began < 5.0


def test_a_record_is_read_after_any_number_of_empty_answers(
    kafka: Running, topic: str, consume: Callable[..., Consumer]
) -> None:
    consumer = consume(topic, "group-idle")
    assert read(consumer, 1, timeout=3.0) == []
    producer = Producer(servers(kafka))
    producer.produce(topic, b"late", partition=1)
    assert producer.flush(5) == 0
    began = time.monotonic()
    assert read(consumer, 1) == [b"late"]
    assert time.monotonic() - began < 0.4

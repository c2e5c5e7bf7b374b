"""librdkafka's mock cluster, driven through ctypes.

The library is the one that the confluent-kafka wheel brings along; confluent_kafka itself is not imported.
Interface: rdkafka_mock.h of librdkafka 2.x. The mock runs in threads of its own and needs no interpreter lock.
"""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path

from environment.fleet.servers.base import MissingBinary, ServerError

_RD_KAFKA_PRODUCER = 0
BROKER_ID = 1
TOPIC_ALREADY_EXISTS = 36


def library_path() -> Path:
    """The shared library inside the confluent-kafka wheel. Raises MissingBinary."""
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is not None and spec.origin is not None:
        for found in sorted(Path(spec.origin).parent.parent.glob("confluent_kafka.libs/librdkafka*.so*")):
            return found
    raise MissingBinary("librdkafka", "confluent-kafka")


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(str(library_path()))
    text, pointer, number = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int
    signatures: dict[str, tuple[object, list[object]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_topic_delete": (number, [pointer, text]),
        "rd_kafka_mock_broker_set_host_port": (number, [pointer, ctypes.c_int32, text, number]),
        "rd_kafka_mock_broker_set_rtt": (number, [pointer, ctypes.c_int32, number]),
        "rd_kafka_mock_set_controller_id": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_set_group_consumer_session_timeout_ms": (None, [pointer, number]),
        "rd_kafka_mock_set_group_consumer_heartbeat_interval_ms": (None, [pointer, number]),
        "rd_kafka_err2str": (text, [number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class MockCluster:
    """One broker, in this process, on a loopback port of its own choice (`bootstrap_port`)."""

    def __init__(self) -> None:
        self._library = _load()
        error = ctypes.create_string_buffer(512)
        self._handle = self._library.rd_kafka_new(
            _RD_KAFKA_PRODUCER, self._library.rd_kafka_conf_new(), error, len(error)
        )
        if not self._handle:
            raise ServerError(f"librdkafka refused to start: {error.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, 1)
        if not self._cluster:
            raise ServerError("librdkafka could not create its mock cluster")
        # Admin requests go to the controller; the mock has none until it is told.
        self._check(self._library.rd_kafka_mock_set_controller_id(self._cluster, BROKER_ID))

    @property
    def bootstrap_port(self) -> int:
        """Where the broker itself listens."""
        return int(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode().rsplit(":", 1)[1])

    def advertise(self, host: str, port: int) -> None:
        """Tell clients in metadata that the broker is at this address."""
        self._check(self._library.rd_kafka_mock_broker_set_host_port(self._cluster, BROKER_ID, host.encode(), port))

    def create_topic(self, name: str, partitions: int) -> bool:
        """False when the topic is there already."""
        code = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        if code == TOPIC_ALREADY_EXISTS:
            return False
        self._check(code)
        return True

    def delete_topic(self, name: str) -> None:
        """Forget a topic and its records. Raises ServerError when there is none."""
        self._check(self._library.rd_kafka_mock_topic_delete(self._cluster, name.encode()))

    def set_round_trip(self, milliseconds: int) -> None:
        """Delay every response."""
        self._check(self._library.rd_kafka_mock_broker_set_rtt(self._cluster, BROKER_ID, milliseconds))

    def set_group_timing(self, rebalance_delay_ms: int, session_timeout_ms: int, heartbeat_ms: int) -> None:
        """Group settings that a real broker has as group.initial.rebalance.delay.ms and group.consumer.*."""
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, rebalance_delay_ms)
        self._library.rd_kafka_mock_set_group_consumer_session_timeout_ms(self._cluster, session_timeout_ms)
        self._library.rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(self._cluster, heartbeat_ms)

    def close(self) -> None:
        """Stop the broker and its threads."""
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)

    def _check(self, code: int) -> None:
        if code:
            raise ServerError(f"mock cluster: {self._library.rd_kafka_err2str(code).decode()}")

"""Kafka and ZooKeeper: one process, librdkafka's mock cluster behind a relay (see `kafka_mock`)."""

from __future__ import annotations

from collections.abc import Sequence

from environment.fleet.servers.base import BadServerSettings, Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import kafka_answers
from environment.fleet.servers.programs import import_root, python_module
from environment.fleet.servers.registry import repository_of

CONTROL = "kafka-control"
"""Label of the extra port on which `kafka_mock.control.command` finds the event bus."""

_GROUP = "event-bus"


class KafkaServer(LocalServer):
    """The broker. Reads from the compose environment what the image would (KAFKA_AUTO_CREATE_TOPICS_ENABLE, …)."""

    product = "kafka"
    group = _GROUP

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        context.folder()
        port = context.port(9092 if 9092 in context.ports else None)
        arguments = [
            *("--port", str(port)),
            *("--control-port", str(context.extra_port(CONTROL))),
            *("--data-dir", str(context.data_dir)),
            *("--auto-create-topics", _flag(context, "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "true")),
            *("--partitions", _number(context, "KAFKA_NUM_PARTITIONS", 1)),
            *("--rebalance-delay-ms", _number(context, "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", 0)),
            *("--session-timeout-ms", _number(context, "KAFKA_GROUP_CONSUMER_SESSION_TIMEOUT_MS", 45_000)),
            *("--heartbeat-ms", _number(context, "KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS", 3_000)),
        ]
        return Launch(
            argv=python_module("environment.fleet.servers.kafka_mock", *arguments),
            env={"PYTHONPATH": str(import_root())},
            cwd=context.data_dir,
            ready=lambda: kafka_answers(port),
            notes="librdkafka's mock broker; records and offsets live in memory",
        )


class ZooKeeperServer(LocalServer):
    """No process: the local broker keeps its own metadata."""

    product = "zookeeper"
    group = _GROUP

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        brokers = [member for member in group if "kafka" in repository_of(member.image)]
        return Launch(shares_with=brokers[0].name if brokers else None, notes="not needed: part of the local broker")


def _flag(context: ServerContext, name: str, default: str) -> str:
    value = context.environment.get(name, default).strip().lower()
    if value not in ("true", "false"):
        raise BadServerSettings(f"compose service {context.name!r}: {name} must be true or false, not {value!r}")
    return value


def _number(context: ServerContext, name: str, default: int) -> str:
    value = context.environment.get(name, str(default)).strip()
    if not value.isdecimal():
        raise BadServerSettings(f"compose service {context.name!r}: {name} must be a number, not {value!r}")
    return value

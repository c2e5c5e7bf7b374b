"""Configuration of the Kafka clients. Clients are made in the process that uses them, never before a fork."""

from __future__ import annotations

from typing import Any

from shared.kernel.logs import logger
from shared.settings import ServiceSettings

log = logger("shared.events")

CRITICAL = 2
"""Syslog severity: the client library prints nothing less severe."""
MAX_MESSAGE_BYTES = 1_000_000
"""The broker's default limit (`message.max.bytes`)."""


def client_config(settings: ServiceSettings) -> dict[str, Any]:
    """What every client is told.

    It reconnects within a second, so that a broker that is back is used at once. Its own log is left to `error_cb`.
    It doesn't forget the brokers it knows when all are away ("rebootstrap"), because that resets the back-off with
    every failed attempt.
    """
    return {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": "SSL" if settings.kafka_tls else "PLAINTEXT",
        "client.id": f"{settings.service_name}@{settings.advertise_address}",
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "metadata.recovery.strategy": "none",
        "socket.keepalive.enable": True,
        "socket.nagle.disable": True,
        "log_level": CRITICAL,
    }


def admin_config(settings: ServiceSettings) -> dict[str, Any]:
    """A client that creates topics."""
    return {**client_config(settings), "error_cb": report_error}


def producer_config(settings: ServiceSettings) -> dict[str, Any]:
    """A producer that keeps the order of a key and adds no duplicates of its own over its retries.

    Messages never time out in it: giving one up while later ones of its key go on would break the order. Whoever
    waits too long purges the producer instead. A missing topic is reported after five seconds.
    """
    return {
        **client_config(settings),
        "allow.auto.create.topics": settings.kafka_auto_create_topics,
        "enable.idempotence": True,
        "acks": "all",
        "message.timeout.ms": 0,
        "linger.ms": 1,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "topic.metadata.propagation.max.ms": 5000,
    }


def consumer_config(settings: ServiceSettings, group: str) -> dict[str, Any]:
    """A consumer that commits only what has been handled (`store_offsets`), from the beginning when it is new."""
    config = {
        **client_config(settings),
        "allow.auto.create.topics": settings.kafka_auto_create_topics,
        "group.id": group,
        "group.protocol": settings.kafka_group_protocol,
        "auto.offset.reset": "earliest",
        "enable.auto.offset.store": False,
        "enable.auto.commit": True,
        "auto.commit.interval.ms": 500,
        "on_commit": report_commit,
        "queued.max.messages.kbytes": 8192,
        # A fetch is answered as soon as there is anything; without, once a second is often enough to ask again.
        "fetch.wait.max.ms": 1000,
        "topic.metadata.refresh.interval.ms": 30_000,
    }
    if settings.kafka_group_protocol == "classic":
        config |= {"partition.assignment.strategy": "cooperative-sticky", "session.timeout.ms": 6_000}
    return config


def report_error(error: Any) -> None:
    """A client's own complaint (broker away, and the like): librdkafka goes on by itself, so it is only logged."""
    log.warning("event bus", code=error.name(), detail=error.str())


def report_commit(error: Any, _partitions: Any) -> None:
    """A commit that failed: what it covered will be delivered again, and the inbox skips it."""
    if error is not None and error.name() != "_NO_OFFSET":
        log.warning("offsets not committed", code=error.name(), detail=error.str())

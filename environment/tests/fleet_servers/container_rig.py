"""The same servers as containers: each from the image and with the command of the compose file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from environment.fleet.compose.model import Service
from environment.fleet.compose.reader import read_compose
from environment.fleet.servers import ServerContext
from environment.fleet.servers.probes import http_status, kafka_answers, postgres_accepts, redis_answers
from environment.fleet.servers.registry import repository_of
from tests.support.containers.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
BOOT_SECONDS = 90.0
"""A broker on a busy machine."""
STOP_SECONDS = 20
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ready:
    """What the tests ask of a launch."""

    ready: Callable[[], bool]


@dataclass
class Container:
    """A server under test."""

    context: ServerContext
    launch: Ready
    engine: Engine
    id: str

    @property
    def port(self) -> int:
        return self.context.port()

    def kill(self) -> None:
        self.engine.act(self.id, "kill", signal="KILL")
        self.engine.wait_ended(self.id)

    def stop(self) -> int:
        """0 when it ended by itself within its grace period, whatever status that program ends with."""
        self.engine.act(self.id, "stop", t=str(STOP_SECONDS))
        return int(self.engine.inspect(self.id)["State"]["ExitCode"] == 137)


class ContainerRig:
    """Makes a container for each context once; starting it again finds its data."""

    stands_in = False
    group_protocol = "classic"
    """Kafka's newer protocol is not in the version that the compose file names."""

    def __init__(self, root: Path, engine: Engine, free_port: Callable[[], int]) -> None:
        self.root = root
        self.host = engine.gateway()
        """Where the servers reach what listens on this machine."""
        self._engine = engine
        self._free_port = free_port
        self._services = {
            repository_of(service.image): service
            for service in read_compose(ROOT / "docker-compose.yml", {}).services.values()
            if service.image and not service.built
        }
        self._made: dict[str, str] = {}
        self._removable: list[str] = []

    def context(
        self,
        name: str,
        image: str,
        container_port: int,
        environment: dict[str, str] | None = None,
        port: int | None = None,
    ) -> ServerContext:
        # A port that several contexts are given is the stand-in's: here each has a server of its own.
        return ServerContext(
            name=name,
            image=image,
            ports={container_port: self._free_port()},
            extra_port=lambda label: self._free_port(),
            data_dir=self.root / name,
            settings_dir=self.root / "settings" / name,
            cache_dir=self.root / "cache",
            environment=environment or {},
        )

    def start_group(self, group: list[ServerContext]) -> list[Container]:
        return [self.start(context) for context in group]

    def start(self, context: ServerContext, group: list[ServerContext] | None = None) -> Container:
        container = self._made.get(context.name) or self._make(context)
        self._made[context.name] = container
        self._engine.act(container, "start")
        running = Container(context, Ready(lambda: _ready(context)), self._engine, container)
        deadline = time.monotonic() + BOOT_SECONDS
        while not running.launch.ready():
            if not self._engine.inspect(container)["State"]["Running"] or time.monotonic() > deadline:
                raise AssertionError("\n".join(self._engine.logs(container, 40)))
            time.sleep(0.05)
        return running

    def end(self) -> None:
        for container in reversed(self._removable):
            self._engine.remove(container)

    def _make(self, context: ServerContext) -> str:
        service = self._services[repository_of(context.image)]
        if "kafka" in repository_of(context.image):
            return self._make_broker(service, context)
        environment = context.environment or service.environment
        return self._create(context.name, service, environment, **self._published(context))

    def _make_broker(self, service: Service, context: ServerContext) -> str:
        """A broker in the network of its own ZooKeeper, which therefore publishes the broker's port."""
        keeper = self._services["confluentinc/cp-zookeeper"]
        base = self._create(f"{context.name}-zookeeper", keeper, keeper.environment, **self._published(context))
        self._engine.act(base, "start")
        (published,) = context.ports.values()
        environment = {
            **service.environment,
            "KAFKA_ZOOKEEPER_CONNECT": f"{LOOPBACK}:2181",
            "KAFKA_LISTENERS": "INSIDE://:9093,OUTSIDE://:9092",
            "KAFKA_ADVERTISED_LISTENERS": f"INSIDE://{LOOPBACK}:9093,OUTSIDE://{LOOPBACK}:{published}",
            "KAFKA_GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS": "1000",
            "KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS": "200",
            # A broker that was killed is forgotten soon, so that it may come back under its number.
            "KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS": "4000",
            "KAFKA_ZOOKEEPER_CONNECTION_TIMEOUT_MS": "60000",
            **context.environment,
        }
        return self._create(context.name, service, environment, HostConfig={"NetworkMode": f"container:{base}"})

    def _published(self, context: ServerContext) -> dict[str, Any]:
        """On loopback for the tests, and on the bridge for the other servers."""
        ((inside, port),) = context.ports.items()
        bindings = [{"HostIp": address, "HostPort": str(port)} for address in (LOOPBACK, self.host)]
        return {"ExposedPorts": {f"{inside}/tcp": {}}, "HostConfig": {"PortBindings": {f"{inside}/tcp": bindings}}}

    def _create(self, name: str, service: Service, environment: Mapping[str, str], **settings: Any) -> str:
        settings["HostConfig"] = {"Init": True, "CapAdd": ["IPC_LOCK"], **settings["HostConfig"]}
        body: dict[str, Any] = {"Image": service.image, "Env": [f"{key}={value}" for key, value in environment.items()]}
        if service.command is not None:
            body["Cmd"] = list(service.command)
        container = self._engine.create({**body, **settings}, name=f"omnicloud-server-{os.getpid()}-{name}")
        self._removable.append(container)
        return container


def _ready(context: ServerContext) -> bool:
    """Whether it serves clients; asked over its published port."""
    port = context.port()
    repository = repository_of(context.image)
    if repository == "postgres":
        user = context.environment.get("POSTGRES_USER", "postgres")
        return postgres_accepts(port, user, context.environment.get("POSTGRES_DB", user))
    if repository == "redis":
        return redis_answers(port)
    if "kafka" in repository:
        return kafka_answers(port) and _has_controller(port)
    if "consul" in repository:
        return _has_leader(port) and _knows_tokens(port, context.environment.get("CONSUL_LOCAL_CONFIG", "{}"))
    paths = {"coreos/etcd": "/health", "hashicorp/vault": "/v1/sys/seal-status", "minio/minio": "/healthz"}
    return http_status(port, paths[repository]) == httpx.codes.OK


def _has_controller(port: int) -> bool:
    """A broker listens before it knows itself, and librdkafka's clients then wait for a controller in vain."""
    try:
        return int(AdminClient({"bootstrap.servers": f"{LOOPBACK}:{port}"}).list_topics(timeout=1.0).controller_id) >= 0
    except KafkaException:
        return False


def _knows_tokens(port: int, config: str) -> bool:
    """A leader makes the initial management token after its election; until then it denies the holder everything."""
    token = json.loads(config).get("acl", {}).get("tokens", {}).get("initial_management")
    if token is None:
        return True
    try:
        asked = httpx.get(f"http://{LOOPBACK}:{port}/v1/acl/token/self", headers={"X-Consul-Token": token}, timeout=1.0)
    except httpx.HTTPError:
        return False
    return asked.status_code == httpx.codes.OK


def _has_leader(port: int) -> bool:
    try:
        return ":" in httpx.get(f"http://{LOOPBACK}:{port}/v1/status/leader", timeout=1.0).text
    except httpx.HTTPError:
        return False

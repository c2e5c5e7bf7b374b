"""From a compose file to what this machine starts: each service's command, environment, ports and folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from environment.fleet import addresses
from environment.fleet.compose import ComposeFile, Service, read_compose
from environment.fleet.compose.graph import check, closure
from environment.fleet.errors import ComposeError, FleetError, NotEnoughDisk
from environment.fleet.keeping import Mode, mode
from environment.fleet.ports import Block, assign
from environment.fleet.project import COMPOSE_FILE, FleetPaths, cache_dir
from environment.fleet.servers import Launch, LocalServer, ServerContext, ServerError, UnknownImage, server_for
from environment.fleet.walls.room import temporary, told_room

LOCAL_VARIABLES = {"KAFKA_GROUP_PROTOCOL": "consumer"}
"""What the local servers need the compose file's variables to be: the event bus here coordinates groups by the
protocol of KIP-848 only. Set in the caller's environment, a variable wins over these."""

MINIMUM_DISK_BYTES = 512 * 2**20
"""Four databases, an object store and logs of a fleet that does real work."""

BASE_ENVIRONMENT = ("LANG", "LC_ALL", "TZ")
"""Of the caller's environment only these reach a process, as a container sees nothing of its host's."""


@dataclass(frozen=True)
class Plan:
    """Everything the supervisor needs to start the chosen services."""

    compose: ComposeFile
    chosen: Sequence[str]
    paths: FleetPaths
    block: Block
    ports: Mapping[tuple[str, int], int]
    rewriter: addresses.Rewriter
    contexts: Mapping[str, ServerContext] = field(default_factory=dict)
    servers: Mapping[str, LocalServer] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """The compose entry."""
        return self.compose.services[name]

    def environment(self, name: str) -> dict[str, str]:
        """A minimal environment, and over it what the compose file sets."""
        base = {key: os.environ[key] for key in BASE_ENVIRONMENT if key in os.environ}
        base |= {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.paths.root), "HOSTNAME": name}
        if (room := told_room(os.environ)) is not None:
            base["TMPDIR"] = temporary(room)
        base["OMNICLOUD_FLEET"] = str(self.paths.root)
        return base | self.rewriter.environment(self.service(name))

    def command(self, name: str) -> list[str]:
        """The command of a built service. Raises ComposeError when the compose file has none."""
        service = self.service(name)
        if not service.command:
            raise ComposeError(
                f"services.{name} has no command", "Give it `command:`: the local fleet does not read Dockerfiles."
            )
        return [self.rewriter.text(word, service) for word in service.command]

    def launch(self, name: str, handed_over: bool = False) -> Launch:
        """How to run the local server of an infrastructure service; prepares its data, unless that has been handed over
        to the party that runs it. Raises FleetError."""
        server, context = self.servers[name], replace(self.contexts[name], handed_over=handed_over)
        group = [self.contexts[other] for other in self.contexts if self.servers[other].group == server.group]
        try:
            return server.launch(context, group)
        except ServerError as error:
            raise FleetError(f"{name}: {error}") from error

    def address(self, name: str) -> str:
        """Where a service is reached: a URL for those that speak HTTP, else host and port; empty without ports."""
        service = self.service(name)
        for port in service.container_ports():
            if (local := self.ports.get((name, port))) is not None:
                speaks_http = service.built or port in {8500, 8200, 9000}
                return f"http://127.0.0.1:{local}" if speaks_http else f"127.0.0.1:{local}"
        return ""


def read_project(project: Path, environment: Mapping[str, str]) -> ComposeFile:
    """The project's compose file, checked. Variables come from the caller, then `.env`, as compose has it."""
    variables = {**_dotenv(project / ".env"), **LOCAL_VARIABLES, **environment}
    compose = read_compose(project / COMPOSE_FILE, variables)
    check(compose)
    return compose


def make_plan(paths: FleetPaths, wanted: Sequence[str], ports: str, environment: Mapping[str, str]) -> Plan:
    """Reads, checks, reserves ports. `ports` is "default" (those that compose publishes), "auto" or a first port.

    Raises FleetError for everything that can be known before the first process starts.
    """
    compose = read_project(paths.project, environment)
    chosen = closure(compose, wanted)
    _require_disk(paths.project)
    servers = {name: _server(name, compose.services[name]) for name in chosen if not compose.services[name].built}
    shared = {name: server.group for name, server in servers.items() if server.one_port}
    block = Block.reserve(int(ports) if ports.isdigit() else None)
    endpoints = addresses.endpoints(compose, chosen, shared)
    assigned = assign(endpoints, block, published=ports == "default")
    rewriter = addresses.Rewriter(compose, assigned, paths.project, paths.volumes)
    plan = Plan(compose, chosen, paths, block, assigned, rewriter, {}, servers)
    contexts = {name: _context(plan, name) for name in servers}
    return Plan(compose, chosen, paths, block, assigned, rewriter, contexts, servers)


def _server(name: str, service: Service) -> LocalServer:
    try:
        return server_for(service.image or "")
    except UnknownImage as error:
        raise ComposeError(f"services.{name}: {error}") from error


def _context(plan: Plan, name: str) -> ServerContext:
    service = plan.service(name)
    take: Callable[[str], int] = plan.block.take
    return ServerContext(
        name=name,
        image=service.image or "",
        ports={port: plan.ports[name, port] for port in service.container_ports()},
        extra_port=lambda label: take(f"{name}/{label}"),
        data_dir=plan.paths.data / name,
        settings_dir=plan.paths.settings / name,
        cache_dir=cache_dir(),
        keeps=mode(os.environ) is Mode.WRITE,
        command=service.command,
        environment=service.environment,
    )


def _require_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < MINIMUM_DISK_BYTES:
        raise NotEnoughDisk(
            f"{folder} has {free // 2**20} MiB of free disk; a fleet needs {MINIMUM_DISK_BYTES // 2**20} MiB",
            "Make room, or put the project on another disk.",
        )


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}

"""Real servers for the tests of their stand-ins: one of each for the whole run, on free ports.

With OMNICLOUD_SERVERS=containers the same tests run against the images of the compose file: they tell whether the
stand-ins behave as the originals do. Tests marked `stand_in` are about a stand-in's own workings and stay out then.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from environment.fleet.servers import Launch, ServerContext, server_for
from environment.tests.fleet_servers.container_rig import ContainerRig
from tests.support.containers.engine import Engine

BOOT_SECONDS = 20.0
IN_CONTAINERS = os.environ.get("OMNICLOUD_SERVERS", "local") == "containers"
IN_CONTAINERS_TIMEOUT = 180
"""Seconds for a test that starts a broker or a database from nothing."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only a stand-in has, when there is none."""
    if not IN_CONTAINERS:
        return
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    left_out = [item for item in here if item.get_closest_marker("stand_in")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    for item in here:
        item.add_marker(pytest.mark.timeout(IN_CONTAINERS_TIMEOUT))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A server under test."""

    context: ServerContext
    launch: Launch
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return self.context.port()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(self.launch.stop_signal)
        return self.process.wait(10)


class Rig:
    """Starts servers in a directory of their own and ends them all."""

    stands_in = True
    """Whether the servers are stand-ins for the originals."""
    host = "127.0.0.1"
    """Where the servers reach what listens on this machine."""
    group_protocol = "consumer"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._running: list[Running] = []

    def context(
        self,
        name: str,
        image: str,
        container_port: int,
        environment: dict[str, str] | None = None,
        port: int | None = None,
    ) -> ServerContext:
        ports: dict[str, int] = {}
        return ServerContext(
            name=name,
            image=image,
            ports={container_port: port or free_port()},
            extra_port=lambda label: ports.setdefault(label, free_port()),
            data_dir=self.root / name,
            settings_dir=self.root / "settings" / name,
            cache_dir=self.root / "cache",
            environment=environment or {},
        )

    def start(self, context: ServerContext, group: list[ServerContext] | None = None) -> Running:
        launch = server_for(context.image).launch(context, group or [context])
        with (self.root / f"{context.name}.log").open("ab") as log:
            process = subprocess.Popen(
                list(launch.argv),
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **launch.env},
                cwd=launch.cwd,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running = Running(context, launch, process)
        self._running.append(running)
        deadline = time.monotonic() + BOOT_SECONDS
        while not launch.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.root / f"{context.name}.log").read_text()[-2000:])
            time.sleep(0.01)
        return running

    def start_group(self, group: list[ServerContext]) -> list[Running]:
        """One server for all of a group: its first member runs it."""
        first = self.start(group[0], group)
        return [Running(context, first.launch, first.process) for context in group]

    def end(self) -> None:
        for running in self._running:
            if running.process.poll() is None:
                running.kill()
            for path in running.launch.outside:
                path.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig | ContainerRig]:
    root = tmp_path_factory.mktemp("servers")
    made: Rig | ContainerRig = Rig(root)
    if IN_CONTAINERS:
        engine = Engine.here()
        assert engine is not None, "OMNICLOUD_SERVERS=containers needs a container engine (DOCKER_HOST)"
        made = ContainerRig(root, engine, free_port)
    yield made
    made.end()


def eventually(look: Callable[[], object], timeout: float = 10.0) -> None:
    """Poll until `look` is true."""
    deadline = time.monotonic() + timeout
    while not look():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="session", name="eventually")
def eventually_fixture() -> Callable[..., None]:
    return eventually

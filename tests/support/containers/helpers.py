"""Helper containers: what a drill does inside of another container's network or volume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tests.support.containers.engine import PROJECT_LABEL, SERVICE_LABEL, Engine, EngineRefused

IMAGE = os.environ.get("OMNICLOUD_TESTS_IMAGE", "omnicloud/tests")
"""The tests' own image: it has Python and the network tools (docker/tests.Dockerfile)."""


_NOT_COMPOSE = {PROJECT_LABEL: "", SERVICE_LABEL: ""}
"""The image has compose's labels, with which a helper would pass for a container of the fleet, whose end is the end."""


class Helpers:
    """Runs commands in helper containers of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, command: Sequence[str], **host_config: Any) -> None:
        """Run a command to its end in a container of its own. Fails with its output when its status is not 0."""
        container = self.start(command, **host_config)
        try:
            status = self._engine.wait_ended(container)
            assert status == 0, f"{command} ended with {status}: {' '.join(self._engine.logs(container, 20))}"
        finally:
            self._engine.remove(container)

    def start(self, command: Sequence[str], **host_config: Any) -> str:
        """Start a container that runs a command; its id. Whoever starts it removes it."""
        body = {"Image": IMAGE, "Cmd": list(command), "User": "0", "Labels": _NOT_COMPOSE, "HostConfig": host_config}
        try:
            container = self._engine.create(body)
        except EngineRefused as error:
            raise EngineRefused(f"{error}; drills need the image {IMAGE}: make test-containers builds it") from error
        self._engine.act(container, "start")
        return container

    def remove(self, container: str) -> None:
        """End a container that `start` made."""
        self._engine.remove(container)

"""A fleet that stays between two runs: of what was edited since, only the services that import it are started anew."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import psutil

from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError, NoFleet
from environment.fleet.leftovers import clear
from environment.fleet.project import FleetPaths
from environment.reach.imports import Closures
from environment.services import SERVICES
from environment.workspace.contents import is_leftover

NAME = "affected"
LONG_SECONDS = 12.0
"""From so many seconds of tests with a fleet on, a second fleet is worth its start."""
FLEET_MIB = 1200
MOST = 4
SPANS = {"OTEL_TRACES_EXPORTER": "console", "OTEL_TRACES_SAMPLER": "parentbased_always_off"}
"""As the tests start a fleet of their own: services print the spans of those requests whose caller asks for it."""
RECORDS = ".omnicloud/affected-tests"
RUNS = ("services/", "shared/", "docker-compose.yml")
RESTARTABLE = ("services/*.py", "shared/*.py")
AT_THE_START_ONLY = ("*/migrations/*", "shared/jobs/*", "services/*/migrations.py")
"""What only jobs run: a service that is started anew doesn't show a change of it."""
ROUTED_SECONDS = 20.0
POLL_SECONDS = 0.05


def worthwhile(seconds: float) -> int:
    """How many fleets to share so many seconds of tests among: as many as cores and free memory bear, if it is long."""
    if seconds < LONG_SECONDS:
        return 1
    free = psutil.virtual_memory().available >> 20
    return max(1, min(MOST, len(os.sched_getaffinity(0)), free // FLEET_MIB))


class Standing:
    """One of the fleets of a folder, the first unless told."""

    def __init__(self, folder: Path, number: int = 1) -> None:
        self.folder = folder.resolve()
        self.name = NAME if number == 1 else f"{NAME}-{number}"
        self._paths = FleetPaths(self.folder, self.name)
        self._record = self.folder / RECORDS / f"{self.name}.json"

    def ready(self) -> Mapping[str, str]:
        """Have a fleet run the folder's present code; the environment in which tests find it.

        A service that doesn't come up is no error here: the tests that need it fail and say why. Raises FleetError
        when there can't be a fleet at all.
        """
        files = running_files(self.folder)
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        known = self._known()
        changed = {path for path in digests.keys() | known.keys() if digests.get(path) != known.get(path)}
        # A service doesn't tell that it has read a file that is gone now.
        if not known or not all(path in files and restartable(path) for path in changed):
            self.end()
            self._start()
        elif changed:
            self._restart(services_running(files, changed))
        self._keep(digests)
        state = json.loads(self._paths.state.read_text())
        return {**SPANS, "OMNICLOUD_URL": state["url"], "OMNICLOUD_CONTROL": state["control"]}

    def spoiled(self) -> None:
        """Tests failed on it, so what they left behind isn't to be trusted: the next run starts another."""
        self._record.unlink(missing_ok=True)

    def end(self) -> None:
        """Take it down, if there is one."""
        self._record.unlink(missing_ok=True)
        try:
            client = FleetClient(self._paths)
        except NoFleet:
            clear(self._paths)
            return
        client.request("down")
        client.wait_for_end()
        clear(self._paths)

    def _known(self) -> dict[str, str]:
        """What the running fleet was started from; nothing when none runs that can be trusted."""
        try:
            FleetClient(self._paths).close()
            return dict(json.loads(self._record.read_text()))
        except (NoFleet, FileNotFoundError, ValueError):
            return {}

    def _keep(self, digests: Mapping[str, str]) -> None:
        self._record.parent.mkdir(parents=True, exist_ok=True)
        self._record.write_text(json.dumps(digests))

    def _start(self) -> None:
        with _environment(SPANS):
            start_daemon(Order(str(self.folder), self.name, ports="auto"))
        for event in FleetClient(self._paths).events():
            if event["event"] == "settled":
                break
        self._wait_routed()

    def _restart(self, folders: Collection[str]) -> None:
        """Start the processes of these services' folders anew, side by side."""
        client = FleetClient(self._paths)
        names = [service["name"] for service in client.request("services")["services"]]
        client.close()
        # What has no folder of its own (vault-unsealer) runs a job's code.
        affected = [
            name for name in names if any(name == folder or name.startswith(f"{folder}-") for folder in folders)
        ]
        with ThreadPoolExecutor(max(1, len(affected))) as pool:
            list(pool.map(self._restart_one, affected))
        self._wait_routed()

    def _restart_one(self, name: str) -> None:
        client = FleetClient(self._paths)
        try:
            client.request("restart", service=name)
            client.request("wait_healthy", service=name)
        except FleetError:
            return  # Not healthy with this edit: the tests that need it tell so.
        finally:
            client.close()

    def _wait_routed(self) -> None:
        """Wait until the gateway reaches every healthy service: discovery learns of a start a bit later."""
        client = FleetClient(self._paths)
        healthy = {item["name"] for item in client.request("services")["services"] if item["healthy"]}
        client.close()
        url = json.loads(self._paths.state.read_text())["url"]
        waiting = (healthy & set(SERVICES)) - {"gateway"} if "gateway" in healthy else set[str]()
        deadline = time.monotonic() + ROUTED_SECONDS
        # A client address of its own, so that asking uses up nobody's rate limit.
        headers = {"X-Forwarded-For": f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}
        with httpx.Client(base_url=url, headers=headers, timeout=5.0) as http:
            while waiting and time.monotonic() < deadline:
                waiting -= {name for name in waiting if _answers(http, name)}
                if waiting:
                    time.sleep(POLL_SECONDS)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """The supervisor inherits this process's environment: with these values for as long as it is started."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _answers(http: httpx.Client, service: str) -> bool:
    """Whether the gateway reaches an instance: then nothing being there is the service's own answer."""
    try:
        return http.get(f"/api/{service}/v1/is-anybody-there").status_code in (401, 404)
    except httpx.HTTPError:
        return False


def restartable(path: str) -> bool:
    """Whether a service that is started anew shows all of a change of this file."""
    return any(fnmatchcase(path, pattern) for pattern in RESTARTABLE) and not any(
        fnmatchcase(path, pattern) for pattern in AT_THE_START_ONLY
    )


def running_files(folder: Path) -> dict[str, bytes]:
    """What a fleet is started from: the platform's code and the compose file."""
    found: dict[str, bytes] = {}
    for name in RUNS:
        place = folder / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            path = file.relative_to(folder).as_posix()
            if file.is_file() and not file.is_symlink() and not is_leftover(path):
                found[path] = file.read_bytes()
    return found


def services_running(files: Mapping[str, bytes], changed: Collection[str]) -> frozenset[str]:
    """The services whose processes import one of the changed files, by what their own files and `shared.web` import."""
    closures = Closures(files)
    result: set[str] = set()
    for service in SERVICES:
        own = [path for path in files if path.startswith(f"services/{service}/")]
        entry = [path for path in files if path.startswith("shared/web/")]
        if not closures.of([*own, *entry]).isdisjoint(changed) or any(path in changed for path in own):
            result.add(service)
    return frozenset(result)

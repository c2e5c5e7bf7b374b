"""Small projects with fake services, and their fleets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from environment.fleet.project import FleetPaths

ROOT = Path(__file__).resolve().parents[3]

WEB = '''
"""A web service: healthy at once, or as its arguments and environment say."""
import http.server, os, sys, threading
host, _, port = os.environ["LISTEN_ADDRESS"].rpartition(":")
print("listening on", port, flush=True)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if "sick" in sys.argv else 200)
        self.end_headers()
        self.wfile.write(b"sick of it" if "sick" in sys.argv else os.environ.get("PEER", "").encode())

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
'''
JOB = '''
"""Writes down what it sees, then ends with the status of its first argument."""
import json, os, pathlib, sys
clock = pathlib.Path(os.environ.get("CLOCK_FILE", "/nowhere"))
pathlib.Path(f"{os.environ['NAME']}.json").write_text(json.dumps({
    "clock": clock.read_text() if clock.exists() else None,
    "argv": sys.argv[1:], "path0": sys.path[0], "cwd": os.getcwd(), "env": dict(os.environ),
    "modules": sorted(sys.modules), "pgid_is_pid": os.getpgid(0) == os.getpid(),
}))
print("the job says why", flush=True)
sys.exit(int(sys.argv[1]))
'''
CHILD = '''
"""A service with a child that left its session, as a badly behaved program would."""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
'''
CHECK = '{interval: 200ms, timeout: 1s, retries: 2, start_period: 400ms, test: ["CMD", "python", "probe.py", "%s"]}'


class Project:
    """A folder with a compose file and a package `fake` of services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outside: dict[Path, tuple[int, int]] = {}
        """Files elsewhere that must go with the fleet, too, and which they are: names may be given again."""
        package = folder / "fake"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for name, source in {"web": WEB, "job": JOB, "child": CHILD}.items():
            (package / f"{name}.py").write_text(source)

    def compose(self, text: str) -> None:
        """Write the compose file."""
        (self.folder / "docker-compose.yml").write_text(textwrap.dedent(text))

    def omnicloud(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in the project."""
        return subprocess.run(
            [sys.executable, "-m", "environment.cli", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def up(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`omnicloud up --ports auto`; the fleet doesn't outlive the test process unless it has another owner."""
        owner = () if "--owner" in arguments else ("--owner", str(os.getpid()))
        return self.omnicloud("up", "--ports", "auto", *owner, *arguments, **env)

    def status(self) -> dict[str, Any]:
        """`omnicloud status --json`, the services by name."""
        summary: dict[str, Any] = json.loads(self.omnicloud("status", "--json").stdout)
        summary["services"] = {service["name"]: service for service in summary["services"]}
        return summary

    @property
    def state(self) -> dict[str, Any]:
        """The fleet's state file."""
        content: dict[str, Any] = json.loads((self.folder / ".omnicloud/default/fleet.json").read_text())
        return content

    def processes(self) -> list[int]:
        """Every process that has to do with this project: by mark, folder or command line."""
        needle = str(self.folder).encode()
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            try:
                text = Path(f"/proc/{entry}/cmdline").read_bytes() + Path(f"/proc/{entry}/environ").read_bytes()
                where = os.readlink(f"/proc/{entry}/cwd").encode()
            except OSError:
                continue
            if needle in text or where.startswith(needle):
                found.append(int(entry))
        return found

    def assert_nothing_left(self) -> None:
        """No process, no file, no socket, within a few seconds."""
        deadline = time.monotonic() + 8
        while (left := self.processes()) or (self.folder / ".omnicloud").exists():
            assert time.monotonic() < deadline, f"left: {left}, {sorted(self.folder.rglob('.omnicloud/**/*'))}"
            time.sleep(0.02)
        sockets = Path("/proc/net/unix").read_text()
        assert self.control not in sockets
        assert not [path for path, which in self.outside.items() if identity(path) == which]

    @property
    def control(self) -> str:
        """The name of the control socket."""
        return FleetPaths(self.folder, "default").control


def identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name now, if any: numbers of inodes are given again."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; its fleets are taken down afterwards."""
    made = Project(tmp_path / "project")
    yield made
    for name in [entry.name for entry in (made.folder / ".omnicloud").glob("*") if entry.is_dir()]:
        made.omnicloud("down", "--name", name)


@pytest.fixture
def web() -> Callable[..., str]:
    """Compose text of a healthy web service; further lines are put below it."""

    def text(name: str, port: int, *more: str, arguments: str = "", check: bool = True) -> str:
        lines = [
            f"{name}:",
            "  build: .",
            f"  command: python -m fake.web {arguments}",
            f"  environment: {{LISTEN_ADDRESS: '0.0.0.0:{port}'}}",
            f"  ports: ['{port}:{port}']",
            *([f"  healthcheck: {CHECK % f'http://127.0.0.1:{port}/'}"] if check else []),
            *(f"  {line}" for line in more),
        ]
        return "\n".join("  " + line for line in lines) + "\n"

    return text

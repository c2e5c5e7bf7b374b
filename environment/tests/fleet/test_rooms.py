"""A fleet behind walls: what the code under test lays out and runs has no rights of the runner's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from environment.fleet.client import FleetClient
from environment.fleet.errors import FleetError
from environment.fleet.project import FleetPaths
from environment.fleet.walls.host import this_host
from environment.fleet.walls.room import ROOM_VARIABLE
from environment.grading.parties import SERVICE_LIMITS, Parties
from environment.tests.fleet.conftest import ROOT, Project

Web = Callable[..., str]

MEANS = ("users,namespaces,landlock", "users,namespaces", "landlock")
SERVER = """
  consul:
    image: hashicorp/consul:1.15
    ports: ['8500:8500']
    environment: {CONSUL_LOCAL_CONFIG: '{"datacenter": "x"}'}
    healthcheck: {test: ["CMD", "true"], interval: 1s, timeout: 1s, retries: 3}
"""
WHO = '''
"""Tells who it is, what it was given and what it can reach."""
import os, pathlib, sys
secret, *files = sys.argv[1:]
try:
    pathlib.Path(secret).read_text()
    print("PAID")
except OSError:
    pass
print(os.getuid(), [pathlib.Path(file).read_text() for file in files], os.environ["LISTEN_ADDRESS"] != "")
print("and a complaint", file=sys.stderr)
sys.exit(3)
'''
LAY = '''
"""Lays a link to a file of somebody else's wherever its user may, by the names of what a server keeps."""
import os, pathlib, sys
data, target = pathlib.Path(os.environ["OMNICLOUD_FLEET"], "data"), sys.argv[1]
for name in ("settings.json", "identities.json", "databases.json"):
    try:
        place = data / "consul" / name
        place.unlink(missing_ok=True)
        place.symlink_to(target)
    except OSError as error:
        print(error)
'''


class Walled:
    """A running fleet of a web service and a server, and a secret that it must not reach."""

    def __init__(self, project: Project, web: Web, folder: Path, means: str) -> None:
        host = this_host(means)
        if not host.means or (host.root and not host.users and "users" in means):
            pytest.skip(f"this host has no {means}")
        for parent in (folder, project.folder):
            parent.chmod(0o711 if parent == folder else 0o755)
        self.secret, own = folder / "secret", folder / "own"
        self.secret.mkdir()
        (own / "tmp").mkdir(parents=True)
        self.answer = self.secret / "answer"
        self.answer.write_text("42")
        party = Parties(host, (self.secret,)).party(
            own, own / "tmp", read=[project.folder], limits=SERVICE_LIMITS, network=True, fleet=True
        )
        assert party.room is not None
        self.room = party.room
        (folder / "room.json").write_text(party.room.to_json())
        project.compose("services:\n" + web("front", 8000) + SERVER)
        for name, source in {"who": WHO, "lay": LAY}.items():
            (project.folder / "fake" / f"{name}.py").write_text(source)
        # As in a tree that is graded: the runner lies where its processes may read it
        left_out = shutil.ignore_patterns("bugs", "held_out", "tests", "__pycache__")
        shutil.copytree(ROOT / "environment", project.folder / "environment", ignore=left_out)
        shutil.copytree(
            ROOT / "environment/bugs",
            project.folder / "environment/bugs",
            ignore=lambda _, names: [name for name in names if not name.endswith(".py")],
        )
        started = project.up(**{ROOM_VARIABLE: str(folder / "room.json"), "PYTHONPATH": str(project.folder)})
        assert started.returncode == 0, started.stdout + started.stderr
        self.client = FleetClient(FleetPaths(project.folder, "default"))

    def command(self, module: str, *arguments: str, **files: str) -> tuple[int, str]:
        asked = {"service": "front", "module": module, "arguments": arguments, "files": files}
        answer = self.client.request("run", **asked)
        return answer["status"], answer["output"]


@pytest.fixture(params=MEANS)
def walled(request: pytest.FixtureRequest, project: Project, web: Web, tmp_path: Path) -> Iterator[Walled]:
    made = Walled(project, web, tmp_path, request.param)
    yield made
    made.client.close()


def test_a_command_of_the_platform_runs_as_a_service_does(walled: Walled) -> None:
    status, output = walled.command("fake.who", str(walled.answer), "one", "two", one="first", two="second")
    user = walled.room.user or os.getuid()
    assert (status, set(output.splitlines())) == (3, {f"{user} ['first', 'second'] True", "and a complaint"})
    with pytest.raises(FleetError, match="no name for a command's file"):
        walled.command("fake.who", **{"../elsewhere": "text"})
    assert not list(Path(walled.client.request("status")["fleet"]["project"]).glob(".omnicloud/*/settings/command-*"))


def test_a_restarted_server_writes_through_no_link_of_the_code_under_test(walled: Walled) -> None:
    # Given a link to somebody else's file where a server's settings were
    walled.command("fake.lay", str(walled.answer))
    # When the runner starts the server anew
    walled.client.request("restart", service="consul")
    walled.client.request("wait_healthy", service="consul")
    # Then that file is as it was
    assert walled.answer.read_text() == "42"

"""The server as a process, as a command, and as OpenEnv's own checks see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from environment.bugs.errors import EpisodeError
from environment.bugs.manifest import to_json
from environment.fleet.walls.host import WALLS_VARIABLE, this_host
from environment.grading.grade import Grader

pytest.importorskip("openenv", reason="openenv isn't installed: pip install 'omnicloud[openenv]'")
from openenv.cli._validation import validate_running_environment
from typer.testing import CliRunner

from environment.cli import app, register_commands
from environment.openenv.door import Door
from environment.openenv.serve import listen, serve
from environment.tests.openenv.serving import OmniCloudAction, OmniCloudEnv, eventually, running, serving

PROGRAM = """
import sys
from pathlib import Path
from environment.bugs.catalogue import load_catalogue
from environment.bugs.manifest import load_manifest
from environment.grading.grade import Grader
from environment.openenv.door import Door
from environment.openenv.serve import serve
from environment.workspace.reference import Reference

reference, catalogue = map(Path, sys.argv[1:])
grader = Grader(Reference(reference), load_catalogue(catalogue), load_manifest(catalogue))
serve(Door(lambda: grader), "127.0.0.1", 0, lambda url: print(url, flush=True))
"""


# Where others compute, too, a new process takes minutes to import what OpenEnv imports.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_leaves_nothing(
    grader: Grader, catalogue_folder: Path, temporary: Path, number: signal.Signals
) -> None:
    # Given a server in a process of its own, with a command that would run for hours
    (catalogue_folder / "manifest.json").write_text(to_json(grader.manifest))
    with server_process(grader, catalogue_folder, temporary) as (server, url):
        with OmniCloudEnv(base_url=url, message_timeout_s=60) as env:
            env.reset(bugs=["H2"], exact=True)
            told: list[str] = []
            playing = threading.Thread(target=lambda: told.append(_trouble(env, "sleep 7654.6")))
            playing.start()
            eventually(lambda: running("sleep", "7654.6"))
            assert list(temporary.glob("omnicloud-openenv-*"))
            # When it is told to end
            server.send_signal(number)
            # Then it does, the client learns it, and nothing is left
            assert server.wait(60) == 0
            playing.join(60)
    assert told == ["ConnectionClosedError"]
    assert not running("sleep", "7654.6")
    assert list(temporary.iterdir()) == []


@contextmanager
def server_process(
    grader: Grader, catalogue_folder: Path, temporary: Path
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and its URL."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(grader.reference.root), str(catalogue_folder)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def _trouble(env: OmniCloudEnv, command: str) -> str:
    try:
        env.step(OmniCloudAction.shell(command))
    except Exception as error:  # noqa: BLE001 - what it is, is asserted
        return type(error).__name__
    return ""


def test_a_port_that_is_taken_is_told_and_nothing_is_left(grader: Grader, temporary: Path) -> None:
    register_commands()
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("environment.openenv.door.Door.grader", grader)
            result = CliRunner().invoke(app, ["serve", "--port", port])
    assert result.exit_code == 2
    assert f"can't listen at 127.0.0.1:{port}" in " ".join(result.output.split())
    assert list(temporary.glob("omnicloud-openenv-*")) == []


def test_a_host_with_holes_is_not_served_from_unless_told_so(
    grader: Grader, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WALLS_VARIABLE, "none")
    this_host.cache_clear()
    try:
        with pytest.raises(EpisodeError, match="or serve with --untrusted"):
            serve(Door(lambda: grader), "127.0.0.1", 0, lambda url: pytest.fail(f"served at {url}"))

        def ready(url: str) -> None:
            raise KeyboardInterrupt  # As somebody presses Ctrl-C.

        serve(Door(lambda: grader, untrusted=True), "127.0.0.1", 0, ready)
    finally:
        this_host.cache_clear()
    assert list(temporary.iterdir()) == []


def test_openenvs_own_check_of_a_running_server_is_clean(grader: Grader) -> None:
    with serving(grader) as server:
        report = validate_running_environment(server.url)
    assert report["summary"]["failed_criteria"] == []
    assert (report["passed"], report["mode"], report["standard_profile"]) == (True, "simulation", "openenv-http/1.x")


def test_plain_requests_share_no_session_and_are_told_so(grader: Grader) -> None:
    with serving(grader) as server:
        shown = requests.post(f"{server.url}/reset", json={"bugs": ["H2"], "exact": True}, timeout=60)
        refused = requests.post(f"{server.url}/reset", json={"bugs": ["Z9"]}, timeout=60)
        step = requests.post(f"{server.url}/step", json={"action": {"tool": "grade"}}, timeout=60)
        state = requests.get(f"{server.url}/state", timeout=60)
        assert server.folders == []
    assert (shown.status_code, "billing" in shown.json()["observation"]["output"]) == (200, True)
    assert (refused.status_code, "There is no bug Z9" in refused.json()["detail"]) == (422, True)
    assert (step.status_code, "connect to /ws" in step.json()["detail"]) == (409, True)
    assert (state.status_code, state.json()["done"]) == (200, True)

"""Several sessions of one server, and how they end."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from environment.grading.errors import Stopped
from environment.grading.grade import Grader
from environment.reward.score import Score

pytest.importorskip("openenv", reason="openenv isn't installed: pip install 'omnicloud[openenv]'")
from websockets.exceptions import ConnectionClosed, InvalidStatus

from environment.tests.openenv.serving import (
    ONE_BUG,
    OmniCloudAction,
    Serving,
    eventually,
    running,
    serving,
)

RESET = json.dumps({"type": "reset", "data": ONE_BUG})


def step(tool: str, text: str = "") -> str:
    return json.dumps({"type": "step", "data": {"tool": tool, "text": text}})


def test_two_sessions_see_nothing_of_each_other(grader: Grader) -> None:
    with serving(grader) as server, server.client() as one, server.client() as two:
        # Given two episodes, in one of which something lies and runs
        one.reset(**ONE_BUG)
        two.reset(**ONE_BUG)
        said = one.step(OmniCloudAction.shell("pwd; echo mine > secret; sleep 600 >/dev/null 2>&1 & echo $!"))
        pid, folder = sorted(said.observation.output.split(), key=len)
        # When the other looks for it
        looked = two.step(OmniCloudAction.shell(f"cat {folder}/secret; ls {Path(folder).parent}; kill -9 {pid}"))
        around = two.step(OmniCloudAction.shell("ls ../..; ls; git status --short"))
        # Then it finds nothing, and changes nothing
        assert "mine" not in looked.observation.output
        assert looked.observation.status != 0
        assert Path(folder).parent.name not in around.observation.output
        assert "secret" not in around.observation.output
        seen = one.step(OmniCloudAction.shell(f"cat secret; kill -0 {pid} && echo alive")).observation.output
        assert seen == "mine\nalive\n"
        assert len(server.folders) == 2


def test_more_sessions_than_there_may_be_are_refused_until_one_ends(grader: Grader) -> None:
    with serving(grader, sessions=1) as server:
        with server.client() as first:
            first.reset(**ONE_BUG)
            with server.client() as second, pytest.raises(RuntimeError, match="at capacity: 1/1 sessions active"):
                second.reset(**ONE_BUG)
            assert first.step(OmniCloudAction.shell("echo on")).observation.output == "on\n"
        eventually(lambda: not server.folders)
        with server.client() as third:
            assert third.reset(**ONE_BUG).done is False


def test_a_silent_session_is_sent_away_and_closed_and_one_that_works_is_not(grader: Grader) -> None:
    with serving(grader, idle_seconds=600.0) as server, server.connect() as silent, server.connect() as busy:
        # Given a session that says nothing, and one whose command runs on
        silent.send(RESET)
        silent.recv()
        busy.send(RESET)
        busy.recv()
        silent.send(step("shell", "sleep 7654.1 >/dev/null 2>&1 &"))
        silent.recv()
        busy.send(step("shell", "mkfifo go; sleep 7654.2 & cat go"))
        eventually(lambda: running("sleep", "7654.2"))
        assert len(server.folders) == 2
        # When ten minutes and a little have passed
        server.clock.now += 600.5
        # Then the silent one is told so, and nothing of it is left
        told = json.loads(silent.recv())
        assert told["type"] == "error"
        assert told["data"]["message"] == "The session was idle for more than 10 minutes and has ended."
        with pytest.raises(ConnectionClosed) as closed:
            silent.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408
        eventually(lambda: len(server.folders) == 1 and not running("sleep", "7654.1"))
        # And the other one goes on
        assert running("sleep", "7654.2")
        with pytest.raises(TimeoutError):
            busy.recv(timeout=0)


@pytest.mark.parametrize("politely", [True, False])
def test_a_client_that_vanishes_in_a_step_leaves_nothing(grader: Grader, politely: bool) -> None:
    with serving(grader, sessions=1) as server:
        # Given a command that would run for hours
        connection = server.connect()
        connection.send(RESET)
        connection.recv()
        connection.send(step("shell", "sleep 7654.3 & sleep 7654.4"))
        eventually(lambda: running("sleep", "7654.4"))
        # When the client closes its connection, or is just gone
        if politely:
            connection.close()
        else:
            connection.socket.shutdown(socket.SHUT_RDWR)
        # Then the command ends, the workspace is gone, and somebody else may play
        eventually(lambda: not server.folders)
        assert not running("sleep", "7654.3")
        assert not running("sleep", "7654.4")
        with server.client() as next_one:
            assert next_one.reset(**ONE_BUG).done is False


@dataclass
class Endless(Grader):
    """Grades until it is told to stop."""

    began: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    together: threading.Event = field(default_factory=threading.Event)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def grade(self, workspace: Path) -> Score:
        with self.turn():
            if not self.alone.acquire(blocking=False):
                self.together.set()
            self.began.set()
            assert self.options.stop is not None
            eventually(self.options.stop.is_set)
            self.stopped.set()
            self.alone.release()
            raise Stopped("told to")


def endless(grader: Grader) -> Endless:
    return Endless(grader.reference, grader.catalogue, grader.manifest)


def test_a_grading_ends_when_its_client_vanishes_and_then_the_next_has_its_turn(grader: Grader) -> None:
    first = endless(grader)
    with serving(first) as server, server.connect() as waiting:
        # Given a grading, and another session that waits for its turn
        connection = server.connect()
        for client in (connection, waiting):
            client.send(RESET)
            client.recv()
        connection.send(step("grade"))
        eventually(first.began.is_set)
        first.began.clear()
        waiting.send(step("grade"))
        # When the first one's client is gone
        connection.close()
        # Then its grading ends and the other's begins
        eventually(first.stopped.is_set)
        eventually(first.began.is_set)
        eventually(lambda: len(server.folders) == 1)
        assert not first.together.is_set()


def test_a_grading_that_fails_is_an_error_and_the_episode_goes_on(grader: Grader) -> None:
    @dataclass
    class Failing(Grader):
        def grade(self, workspace: Path) -> Score:
            raise Stopped("no disk")

    failing = Failing(grader.reference, grader.catalogue, grader.manifest)
    with serving(failing) as server, server.client() as env:
        env.reset(**ONE_BUG)
        with pytest.raises(RuntimeError, match="no disk"):
            env.step(OmniCloudAction.grade())
        assert env.step(OmniCloudAction.shell("echo on")).observation.output == "on\n"
        assert env.state().gradings == 0


def test_a_million_characters_come_and_go(grader: Grader) -> None:
    # Given characters of which JSON makes most: twelve bytes each
    text = "\N{GRINNING FACE}" * 250_000
    with serving(grader) as server, server.client() as env:
        env.reset(**ONE_BUG)
        # When they are written and read
        written = env.step(OmniCloudAction.write("faces", text))
        read = env.step(OmniCloudAction.read("faces"))
        # Then all have come, and as much of the longest file as an observation holds
        assert written.observation.status == 0
        assert read.observation.output == text
        env.step(OmniCloudAction.shell("head -c 3000000 /dev/zero | tr '\\0' x > long"))
        assert env.step(OmniCloudAction.read("long")).observation.output == "x" * 1_000_000


def test_what_is_too_long_is_refused_before_and_behind_the_wire(grader: Grader) -> None:
    with pytest.raises(ValueError, match="at most 1000000 characters"):
        OmniCloudAction.write("faces", "x" * 1_000_001)
    with serving(grader) as server:
        with server.connect() as connection:
            connection.send(step("write", "x" * 1_000_001))
            refused = json.loads(connection.recv())["data"]
            assert refused["code"] == "VALIDATION_ERROR"
            assert "at most 1000000 characters" in refused["errors"][0]["msg"]
            connection.send("x" * (17 * 2**20))
            with pytest.raises(ConnectionClosed) as closed:
                connection.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        still_well(server)


def test_a_client_that_does_not_wait_for_answers_is_sent_away(grader: Grader) -> None:
    with serving(grader) as server:
        with server.connect() as connection:
            connection.send(RESET)
            connection.recv()
            connection.send(step("shell", "sleep 7654.5"))
            eventually(lambda: running("sleep", "7654.5"))
            for _ in range(5):
                connection.send(json.dumps({"type": "state"}))
            assert "wait for an answer" in json.loads(connection.recv())["data"]["message"]
        eventually(lambda: not server.folders)
        still_well(server)


def test_a_page_in_a_browser_is_refused(grader: Grader) -> None:
    with serving(grader) as server:
        with pytest.raises(InvalidStatus) as refused:
            server.connect(origin="https://elsewhere.example")
        assert refused.value.response.status_code == 403
        still_well(server)


def still_well(server: Serving) -> None:
    with server.client() as env:
        env.reset(**ONE_BUG)
        assert env.step(OmniCloudAction.shell("echo on")).observation.output == "on\n"

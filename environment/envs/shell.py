"""Runs an agent's shell commands in its workspace, behind the walls of the agent's party."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment.envs import helper
from environment.fleet.walls.room import temporary
from environment.fleet.walls.usage import MOST_MIB, held_mib, shed
from environment.fleet.walls.users import signal_user
from environment.fleet.zygote import descendants
from environment.grading import guarded
from environment.grading.guarded import Guarded
from environment.grading.machine import bearable_mib
from environment.grading.parties import AGENT_LIMITS, AGENT_MEMORY_MIB, USER_NAME, Parties, Party
from environment.grading.process import SYSTEM_PATH
from environment.workspace.pristine import EDITABLE_FOLDERS
from environment.workspace.text import encodable

OUTPUT_LIMIT = 20_000
"""Characters of output that an agent sees of one command: the first and the last half of that."""
COMMAND_LIMIT = 100_000
"""Bytes of a command; what is longer belongs in a file."""
ANSWER_LIMIT = 1 << 16
WIDEST = 4
"""Bytes of a character at most."""
INTERRUPT_SECONDS = 5.0
SIGNAL_SECONDS = 5.0
"""How long processes that fork or continue each other are run after."""

STOPPED, RESTING = (b"T", b"t"), (b"T", b"t", b"Z", b"X")
LOOKS = 3

TOO_MUCH = f"\n[More than {MOST_MIB} MiB of disk were used: large files were removed, or what held them was killed.]\n"

ENDED = "\n[More than {} were used together: all that ran was killed.]\n"

TIMED_OUT = 124
"""Exit status of a command that took too long, as `timeout` gives it."""
NOT_RUN = 126
KILLED = 128 + signal.SIGKILL


@dataclass(frozen=True)
class ShellResult:
    """Standard output and error together, the status (128 + n for a signal n), and whether the output was cut."""

    output: str
    status: int
    truncated: bool


class FileTrouble(Exception):
    """A file can't be read or written; the message says why."""


class Shell:
    """Commands and files in one folder. What commands leave running (a fleet) lives on until `close`.

    `session` is a folder of the environment's own, in which the agent gets a home, temporary files and an interpreter.
    What commands do to the process that runs them ends that process and all others of the session; the next command
    finds a new one.
    """

    def __init__(
        self,
        folder: Path,
        session: Path,
        parties: Parties,
        seconds: float = 600.0,
        network: bool = False,
        further: Mapping[str, str] | None = None,
    ) -> None:
        """`further` variables are in the environment of each command."""
        self._further = dict(further or {})
        self._folder = folder
        self._seconds = seconds
        self._home, self._temporary = session / "home", session / "tmp"
        self._helper = session / "helper.py"
        for own in (self._home, self._temporary):
            own.mkdir(parents=True)
        shutil.copyfile(helper.__file__, self._helper)
        session.chmod(0o711)
        self._party: Party = parties.party(
            session, self._temporary, read=[self._helper], write=[folder, self._home], limits=AGENT_LIMITS,
            network=network,
        )  # fmt: skip
        self._process: Guarded | None = None
        self._channel: socket.socket | None = None
        self._excess = ""
        """What was taken too much of since the last command was told of it."""

    def run(self, command: str) -> ShellResult:
        """Run a command with bash, at most for the given seconds; its session is killed when they are over."""
        if len(command.encode(errors="replace")) > COMMAND_LIMIT:
            return ShellResult(f"A command has at most {COMMAND_LIMIT} bytes. Write it to a file.", NOT_RUN, False)
        with tempfile.TemporaryFile() as output:
            request = {
                "op": "run",
                "command": command.replace("\0", "").encode(errors="replace").decode(),
                "folder": str(self._folder),
                "environment": self.environment,
            }
            answer, late = self._ask(request, output.fileno(), self._seconds)
            text, cut = _ends(output.fileno())
        if self.shed():
            text += TOO_MUCH
        if self._excess:
            text += ENDED.format(self._excess)
            self._excess = ""
        code = answer.get("status") if isinstance(answer.get("status"), int) else -signal.SIGKILL
        assert isinstance(code, int)
        return ShellResult(text, TIMED_OUT if late else 128 - code if code < 0 else code, cut)

    def read(self, path: Path, limit: int) -> str:
        """The beginning of a file, as the agent can read it. Raises `FileTrouble`."""
        with tempfile.TemporaryFile() as nothing:
            answer, late = self._ask({"op": "read", "path": str(path), "limit": limit}, nothing.fileno(), self._seconds)
        return str(_good(answer, late).get("text", ""))[:limit]

    def write(self, path: Path, text: str) -> None:
        """Write a file, and make its folders, as the agent can. Raises `FileTrouble`."""
        with tempfile.TemporaryFile() as content:
            content.write(text.encode(errors="replace"))
            content.flush()
            answer, late = self._ask({"op": "write", "path": str(path)}, content.fileno(), self._seconds)
        _good(answer, late)

    def shed(self) -> bool:
        """Take disk space back from an agent that uses too much of it; whether it did."""
        judged = [str(self._folder / name) for name in EDITABLE_FOLDERS]
        folders = [str(folder) for folder in (self._folder, self._home, self._temporary)]
        removed = shed(folders, judged)
        # What was removed or never had a name stays on the disk as long as a process holds it. Outputs of commands are
        # such files, too; they lie where this process has its own.
        process = self._process
        if process is None or held_mib(descendants(process.pid), [*folders, tempfile.gettempdir()]) <= MOST_MIB:
            return removed
        self.interrupt()
        process.wait(INTERRUPT_SECONDS)
        return True

    def pause(self) -> None:
        """Stop everything that the agent has running, until `resume`. What has itself continued is killed; if that
        fails, too, everything ends."""
        deadline = time.monotonic() + SIGNAL_SECONDS
        while time.monotonic() < deadline:
            self._signal(signal.SIGSTOP)
            process = self._process
            if process is None or _rest(process.pid):
                return
        self.interrupt()
        if self._process is not None and not _rest(self._process.pid):
            # What is listed has a child in its place when its turn comes. Its nanny has better means than this process.
            self.close()

    def resume(self) -> None:
        """Have it go on."""
        self._signal(signal.SIGCONT)

    def interrupt(self) -> None:
        """Kill all that the agent has running, from any thread: what is waited for has then ended."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill what the commands left running. Safe to call twice."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._excess = self._process.stop().excess or self._excess
            self._process = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a command."""
        return {
            "PATH": f"{self._party.python.parent}:{SYSTEM_PATH}",
            "HOME": str(self._home),
            "TMPDIR": temporary(self._party.room) if self._party.room else str(self._temporary),
            "USER": USER_NAME,
            "LOGNAME": USER_NAME,
            "LANG": "C.UTF-8",
            "CI": "true",
            "PYTHONNOUSERSITE": "1",
            **self._further,
        }

    def _ask(self, request: dict[str, Any], descriptor: int, seconds: float) -> tuple[dict[str, Any], bool]:
        """The helper's answer, nothing when it died; and whether that took too long.

        Raises `InfrastructureError` when this host doesn't let it go behind its walls.
        """
        channel = self._open()
        most = WIDEST * request.get("limit", 0)
        try:
            with tempfile.TemporaryFile() as asked:
                asked.write(json.dumps(request).encode())
                asked.seek(0)
                socket.send_fds(channel, [helper.REQUEST], [asked.fileno(), descriptor])
            channel.settimeout(seconds)
            try:
                return _answer(channel, most), False
            except TimeoutError:
                channel.send(helper.INTERRUPT)
                channel.settimeout(INTERRUPT_SECONDS)
                return _answer(channel, most), True
        except TimeoutError:
            self.close()
            return {}, True
        except (OSError, ValueError, RecursionError):
            if self._process is not None:
                self._process.wait(INTERRUPT_SECONDS)  # Raises when it could not be put behind its walls.
            self.close()
            return {}, False

    def _open(self) -> socket.socket:
        if self._channel is not None and self._process is not None and not self._process.over:
            return self._channel
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as nowhere:
            command = [str(self._party.python), "-I", str(self._helper), str(theirs.fileno())]
            self._process = guarded.start(
                *(command, self._folder, self.environment, self._party.room, nowhere, (theirs.fileno(),)),
                memory_mib=bearable_mib(AGENT_MEMORY_MIB),
                folders=[self._folder, self._home, self._temporary],
            )
        self._channel = ours
        return ours

    def _signal(self, number: signal.Signals) -> None:
        """Signal all that descends from the helper, again while there is more of it and time left."""
        process = self._process  # Another thread may take it away meanwhile.
        if process is None:
            return
        if self._party.room is not None:
            # In one step, which no fork escapes.
            signal_user(self._party.room.user, number)
        known: set[int] = set()
        deadline = time.monotonic() + SIGNAL_SECONDS
        while (fresh := set(descendants(process.pid)) - known) and time.monotonic() < deadline:
            known |= fresh
            for pid in fresh:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


def _rest(root: int) -> bool:
    """Whether all that descends from a process is stopped, or over: the same ones at several looks, since whoever ends
    while it is looked at may have a child in its place. An orphan becomes the root's own child."""
    seen = set()
    for _ in range(LOOKS):
        below, own = descendants(root), _children(root)
        if not all(_state(pid) in STOPPED for pid in own) or not all(_state(pid) in RESTING for pid in below):
            return False
        seen.add((frozenset(below), frozenset(own)))
    return len(seen) == 1


def _children(pid: int) -> list[int]:
    """Its own children, those that are over included; none on a kernel that doesn't list them."""
    with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as listed:
        return list(map(int, listed.read().split()))
    return []


def _state(pid: int) -> bytes:
    """A letter; nothing for a process that is gone."""
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()[0]
    return b""


def _answer(channel: socket.socket, most: int) -> dict[str, Any]:
    """What the helper says, with as many bytes of the text that it sends along. The agent may have taken the helper
    over: raises OSError, ValueError and RecursionError for what is no answer."""
    data, descriptors, _, _ = socket.recv_fds(channel, ANSWER_LIMIT, 1)
    try:
        if not data:
            raise ValueError("the helper is gone")
        answer = json.loads(data)
        if not isinstance(answer, dict):
            raise ValueError("no answer")
        answer.pop("text", None)
        for descriptor in descriptors:
            # Only files in memory have seals; the reading of any other might wait for whoever made it.
            fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
            answer["text"] = os.pread(descriptor, most, 0).decode(errors="replace")
        return answer
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _good(answer: dict[str, Any], late: bool) -> dict[str, Any]:
    if late or not answer or "error" in answer:
        raise FileTrouble("it took too long" if late else encodable(str(answer.get("error", "the session was killed"))))
    return answer


def _ends(descriptor: int) -> tuple[str, bool]:
    """The output, cut in the middle when it is longer than the limit; read without loading what is left out."""
    size = os.fstat(descriptor).st_size
    half = OUTPUT_LIMIT // 2
    if size <= OUTPUT_LIMIT:
        return os.pread(descriptor, OUTPUT_LIMIT, 0).decode(errors="replace"), False
    head, tail = os.pread(descriptor, half, 0), os.pread(descriptor, half, size - half)
    left_out = f"\n… {size - 2 * half} bytes left out …\n"
    return head.decode(errors="replace") + left_out + tail.decode(errors="replace"), True

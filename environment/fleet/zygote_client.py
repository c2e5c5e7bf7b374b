"""The supervisor's side of the zygote: asks for children, hears of their ends."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from environment.fleet import zygote
from environment.fleet.errors import FleetError
from environment.fleet.walls.room import Room, furnish


class ZygoteClient:
    """One zygote process. `on_exit(pid, exit code)` is called for every child that ends."""

    def __init__(self, on_exit: Callable[[int, int], None], on_loss: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._on_loss = on_loss
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._next_id = 0
        self._buffer = b""
        self._nursery: asyncio.Future[str] | None = None
        self.ready = asyncio.Event()
        self.import_seconds = 0.0
        self.pid = 0
        self._channel: socket.socket | None = None

    def start(self, log: Path, folder: Path, room: Room | None = None) -> None:
        """Start the process; it removes `folder` should this process die. Its children are in the `room`.

        Raises OSError, SubprocessError when the room can't be made.
        """
        ours, theirs = socket.socketpair()
        project = str(folder.parents[1])
        with log.open("ab") as output, theirs, open(os.devnull) as place:
            rules = [place.fileno()] if room is not None and room.landlock else []
            process = subprocess.Popen(
                [sys.executable, "-P", "-s", zygote.__file__, str(theirs.fileno()), *map(str, rules)],
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "LANG": os.environ.get("LANG", "C.UTF-8"),
                    # Two arenas for a dozen mostly idle threads: one for each thread adds up over eighteen processes.
                    "MALLOC_ARENA_MAX": "2",
                    # The mark by which `leftovers` knows the fleet's processes; forked children show it, too.
                    "OMNICLOUD_FLEET": str(folder),
                },
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno(), *rules],
                start_new_session=True,
                preexec_fn=None if room is None else lambda: furnish(room, place.fileno(), project),
            )
        process.returncode = 0
        self.pid = process.pid
        self._channel = ours
        ours.setblocking(False)
        asyncio.get_running_loop().add_reader(ours, self._readable)
        self._send({"op": "folder", "path": str(folder)})

    async def spawn(
        self, name: str, module: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path,
        user: tuple[int, int] | None = None, trace: Path | None = None,
        nursery: bool = False,
    ) -> int:  # fmt: skip
        """Fork `python -m module argv…` with `cwd` first on its import path; returns the pid.

        `user` is a uid and gid to run as, for which the zygote must be root; `trace` the file in which it is to write
        down what it reads (see `job_trace`); `nursery` has it forked from the nursery
        where there is one. Raises FleetError when the zygote is gone.
        """
        self._next_id += 1
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[self._next_id] = answer
        self._send(
            {
                "op": "spawn", "id": self._next_id, "name": name, "module": module, "argv": list(argv),
                "env": dict(env), "cwd": str(cwd), "log": str(log), "user": user,
                "trace": None if trace is None else str(trace), "nursery": nursery,
            }
        )  # fmt: skip
        return await answer

    async def make_nursery(
        self, module: str, *, cwd: Path, log: Path, user: tuple[int, int] | None, timeout: float
    ) -> str:
        """Have a process import what `module` imports first, to fork services from; why there is none, or nothing."""
        self._nursery = asyncio.get_running_loop().create_future()
        self._send(
            {"op": "nursery", "name": "nursery", "module": module, "cwd": str(cwd), "log": str(log), "user": user}
        )
        try:
            return await asyncio.wait_for(self._nursery, timeout)
        except TimeoutError:
            self._send({"op": "retire"})
            return f"its imports took longer than {timeout:g} s"

    def guard(self, pid: int, number: int) -> None:
        """Have the zygote end this process group, too, should the supervisor die."""
        self._send({"op": "guard", "pid": pid, "signal": int(number)})

    def unguard(self, pid: int) -> None:
        """The process group is gone; its number may soon be another's."""
        if self._channel is not None:
            self._send({"op": "unguard", "pid": pid})

    def close(self) -> None:
        """Have the zygote end all of its processes, remove the folder and exit."""
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()
            self._channel = None

    def _send(self, message: dict[str, object]) -> None:
        if self._channel is None:
            raise FleetError("the zygote is gone", "See zygote.log; start the fleet again.")
        # Requests are small and the zygote reads at once; while it imports, a socket buffer holds hundreds of them.
        self._channel.setblocking(True)
        try:
            self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self._lost()
        finally:
            if self._channel is not None:
                self._channel.setblocking(False)

    def _readable(self) -> None:
        assert self._channel is not None
        try:
            data = self._channel.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._event(json.loads(line))

    def _event(self, message: dict[str, object]) -> None:
        match message["event"]:
            case "ready":
                self.import_seconds = float(str(message["seconds"]))
                self.ready.set()
            case "nursery":
                if self._nursery is not None and not self._nursery.done():
                    self._nursery.set_result(str(message["trouble"]))
            case "spawned":
                self._answers.pop(int(str(message["id"]))).set_result(int(str(message["pid"])))
            case "exit":
                # After the answer to the spawn has been taken up by its task.
                pid, status = int(str(message["pid"])), int(str(message["status"]))
                asyncio.get_running_loop().call_soon(self._on_exit, pid, status)

    def _lost(self) -> None:
        self.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(FleetError("the zygote is gone", "See zygote.log; start the fleet again."))
        self._answers.clear()
        if self._nursery is not None and not self._nursery.done():
            self._nursery.set_result("the zygote is gone")
        self._on_loss()

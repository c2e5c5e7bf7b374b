"""The control socket of a running fleet: JSON lines, one request a line, one answer a line.

Request {"op": name, …}; answer {"ok": true, …} or {"ok": false, "error", "hint"}. `watch` turns the connection into a
stream of events. Only the fleet's own user and root may speak.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from environment.fleet import drills, platform_commands
from environment.fleet.errors import FleetError, FleetRunning
from environment.fleet.logs import last_lines
from environment.fleet.patience import patience
from environment.fleet.ports import table
from environment.fleet.supervisor import Supervisor

Request = dict[str, Any]
Answer = dict[str, Any]
LONGEST_REQUEST = 1 << 24
"""Bytes of a request: it may bring the files of a command along."""
HEALTHY_SECONDS = 30.0
"""For a service to become healthy when a request names no time, on a quiet machine."""
Operation = Callable[[Supervisor, Request], Awaitable[Answer | None]]


async def status(supervisor: Supervisor, request: Request) -> Answer:
    """Every service's state, and the fleet's boot time and memory."""
    return {"fleet": supervisor.summary()}


async def addresses(supervisor: Supervisor, request: Request) -> Answer:
    """`name:port` of the compose file -> loopback port."""
    return {"ports": table(supervisor.plan.ports)}


async def log_lines(supervisor: Supervisor, request: Request) -> Answer:
    """The last `lines` lines of a service's log."""
    name = supervisor.unit(request["service"]).name
    return {"lines": last_lines(supervisor.plan.paths.log(name), int(request.get("lines", 100)))}


async def kill(supervisor: Supervisor, request: Request) -> None:
    await drills.kill(supervisor, request["service"])


async def stop(supervisor: Supervisor, request: Request) -> None:
    await drills.stop(supervisor, request["service"])


async def start(supervisor: Supervisor, request: Request) -> None:
    await drills.start(supervisor, request["service"])


async def restart(supervisor: Supervisor, request: Request) -> None:
    await drills.restart(supervisor, request["service"])


async def pause(supervisor: Supervisor, request: Request) -> None:
    drills.pause(supervisor, request["service"])


async def resume(supervisor: Supervisor, request: Request) -> None:
    drills.resume(supervisor, request["service"])


async def wait_healthy(supervisor: Supervisor, request: Request) -> None:
    await drills.wait_healthy(
        supervisor, request["service"], float(request.get("timeout", HEALTHY_SECONDS * patience()))
    )


async def services(supervisor: Supervisor, request: Request) -> Answer:
    """Every service's state, without the cost of measuring memory."""
    return {"services": supervisor.describe_all()}


async def repair(supervisor: Supervisor, request: Request) -> Answer:
    """Bring everything back that was up once and is not now, and wait until it is healthy."""
    return {"repaired": await drills.repair(supervisor, HEALTHY_SECONDS * patience())}


async def kafka(supervisor: Supervisor, request: Request) -> None:
    """A command to the local event bus: down, up, drop, `rtt MILLISECONDS`."""
    await drills.event_bus(supervisor, str(request["command"]))


async def clock(supervisor: Supervisor, request: Request) -> Answer:
    """Step the services' clock to `seconds` ahead of the machine's, if any are given; by how many it is ahead now."""
    paths = supervisor.plan.paths
    if "seconds" in request:
        drills.step_clock(paths, float(request["seconds"]))
    return {"seconds": drills.clock_offset(paths)}


async def translate(supervisor: Supervisor, request: Request) -> None:
    """Let the health prober reach `address` at another one, `reached`; empty ends it."""
    drills.translate(supervisor.plan.paths, str(request["address"]), str(request["reached"]))


async def run(supervisor: Supervisor, request: Request) -> Answer:
    """A module of the platform's, as a service would run it: status and output. See `platform_commands`."""
    name, module = supervisor.unit(request["service"]).name, str(request["module"])
    arguments, files = [str(word) for word in request["arguments"]], dict(request.get("files", {}))
    status, output = await platform_commands.run(supervisor, name, module, arguments, files)
    return {"status": status, "output": output}


async def down(supervisor: Supervisor, request: Request) -> None:
    supervisor.down.set()


OPERATIONS: dict[str, Operation] = {
    "status": status,
    "addresses": addresses,
    "logs": log_lines,
    "kill": kill,
    "stop": stop,
    "start": start,
    "restart": restart,
    "pause": pause,
    "resume": resume,
    "wait_healthy": wait_healthy,
    "services": services,
    "repair": repair,
    "kafka": kafka,
    "clock": clock,
    "translate": translate,
    "run": run,
    "down": down,
}


class ControlServer:
    """Listens from `open` until `close`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._server: asyncio.Server | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def hold(self) -> None:
        """Take the address, which also is the fleet's name. Raises FleetRunning when another supervisor has it."""
        try:
            self._socket.bind("\0" + self._address.removeprefix("@"))
        except OSError:
            self._socket.close()
            raise FleetRunning(
                "a fleet of this name already runs in this project",
                "Use it (`omnicloud status`), end it (`omnicloud down`), or start another with `--name OTHER`.",
            ) from None

    async def open(self, supervisor: Supervisor) -> None:
        """Serve requests."""
        self._server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(supervisor, reader, writer), sock=self._socket, limit=LONGEST_REQUEST
        )

    def close(self) -> None:
        """No more requests; open connections end with the process."""
        if self._server is not None:
            self._server.close()
        self._socket.close()


async def _serve(supervisor: Supervisor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if not _is_allowed(writer.get_extra_info("socket")):
            await _send(writer, {"ok": False, "error": "this fleet belongs to another user", "hint": ""})
            return
        while line := await reader.readline():
            request = json.loads(line)
            if request.get("op") == "watch":
                await _watch(supervisor, reader, writer)
                return
            await _send(writer, await _answer(supervisor, request))
    except (ConnectionError, json.JSONDecodeError):
        return
    finally:
        writer.close()


def _is_allowed(peer: socket.socket) -> bool:
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid in (0, os.getuid())


async def _answer(supervisor: Supervisor, request: Request) -> Answer:
    operation = OPERATIONS.get(str(request.get("op")))
    if operation is None:
        return {"ok": False, "error": f"no operation {request.get('op')!r}", "hint": f"Use {', '.join(OPERATIONS)}."}
    try:
        return {"ok": True, **(await operation(supervisor, request) or {})}
    except FleetError as error:
        return {"ok": False, "error": error.message, "hint": error.hint}
    except (KeyError, ValueError) as error:
        return {"ok": False, "error": f"bad request: {error!r}", "hint": "`service` names a service; see control.py."}


async def _send(writer: asyncio.StreamWriter, message: Answer) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
    await writer.drain()


async def _watch(supervisor: Supervisor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the present state, then every event, until the watcher hangs up."""
    queue: asyncio.Queue[Answer] = asyncio.Queue()
    supervisor.listeners.add(queue.put_nowait)
    gone = asyncio.create_task(reader.read())
    try:
        for unit in supervisor.units.values():
            await _send(writer, {"event": "state", "service": supervisor.describe(unit)})
        if supervisor.boot_seconds is not None:
            await _send(writer, {"event": "settled", **supervisor.summary()})
        while not gone.done():
            getter = asyncio.create_task(queue.get())
            await asyncio.wait({getter, gone}, return_when=asyncio.FIRST_COMPLETED)
            if getter.done():
                await _send(writer, getter.result())
            else:
                getter.cancel()
    finally:
        supervisor.listeners.discard(queue.put_nowait)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone

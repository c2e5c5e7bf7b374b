"""Carries out what an agent asks for, as a process of the agent's own party.

Started behind the agent's walls, from a copy, with a socket as its only argument; standard library only. It is the
parent of everything that the agent starts, and all of that ends with it. Nothing that it says is believed further than
what an agent sees of its own commands.

Protocol: a request is JSON in a file, whose descriptor comes in a datagram, since that may be longer than a datagram; a
further descriptor may come along. An answer is a JSON datagram.
  {"op": "run", "command", "folder", "environment"} + where output goes  ->  {"status"}
  {"op": "read", "path", "limit"}                                        ->  {"text"} or {"error"}
  {"op": "write", "path"} + a file with the content                      ->  {"characters"} or {"error"}
  a datagram without descriptors, while a command runs: its session is killed, and its status told
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import stat
import sys
from typing import Any

REQUEST, INTERRUPT = b"request", b"interrupt"
DATAGRAM_LIMIT = 1 << 10
CHUNK = 1 << 16

Answer = dict[str, Any]


def run(request: dict[str, Any], output: int, channel: socket.socket) -> Answer:
    """Run a command with bash in a session of its own, until it ends or is to be interrupted."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
                os.dup2(source, target)
            os.chdir(request["folder"])
            os.execve("/bin/bash", ["bash", "-c", request["command"]], request["environment"])
        finally:
            os._exit(127)
    handle = os.pidfd_open(pid)
    try:
        while handle not in select.select([handle, channel.fileno()], [], [])[0]:
            if not channel.recv(DATAGRAM_LIMIT):
                os._exit(0)
            end_session(pid)
        return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}
    finally:
        os.close(handle)


def end_session(session: int) -> None:
    """Kill all processes of a session."""
    for name in os.listdir("/proc"):
        try:
            if name.isdecimal() and os.getsid(int(name)) == session:
                os.kill(int(name), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def read(path: str, limit: int) -> Answer:
    """The beginning of a regular file; nothing else is waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return {"error": "not a regular file"}
        return {"text": file.read(limit).decode(errors="replace")}


def write(path: str, source: int) -> Answer:
    """Make a file, and its folders, with the content of another one."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    with os.fdopen(target, "wb") as file:
        if not stat.S_ISREG(os.fstat(target).st_mode):
            return {"error": "not a regular file"}
        offset = 0
        while data := os.pread(source, CHUNK, offset):
            offset += file.write(data)
    return {"done": True}


def answer(request: dict[str, Any], descriptors: list[int], channel: socket.socket) -> Answer:
    """Carry out one request."""
    try:
        match request["op"]:
            case "run":
                return run(request, descriptors[0], channel)
            case "read":
                return read(request["path"], request["limit"])
            case "write":
                return write(request["path"], descriptors[0])
    except OSError as error:
        return {"error": error.strerror or str(error)}
    except ValueError as error:
        return {"error": str(error)}
    return {"error": "unknown"}


def see_off() -> None:
    """Reap orphans that this process adopted, where it is the first of its namespace."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def main() -> None:
    """Serve until the other end is closed."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    while True:
        see_off()
        data, descriptors, _, _ = socket.recv_fds(channel, DATAGRAM_LIMIT, 2)
        if not data:
            return
        if not descriptors:
            continue  # An interrupt that came when the command had ended
        with os.fdopen(descriptors[0]) as file:
            request = json.load(file)
        reply = answer(request, descriptors[1:], channel)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        send(channel, reply)


def send(channel: socket.socket, reply: Answer) -> None:
    """In one message, with a text through a file where it is long."""
    text = reply.pop("text", None)
    if text is None:
        channel.send(json.dumps(reply).encode())
        return
    content = os.memfd_create("text", os.MFD_CLOEXEC)
    os.write(content, text.encode())
    socket.send_fds(channel, [json.dumps(reply).encode()], [content])
    os.close(content)


if __name__ == "__main__":
    main()

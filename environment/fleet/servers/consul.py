"""Consul: the small server of `environment.fleet.consul`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from environment.fleet.servers.base import BadServerSettings, Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import http_status
from environment.fleet.servers.programs import import_root, python_module


class ConsulServer(LocalServer):
    """One agent that is server and client in one. Reads CONSUL_LOCAL_CONFIG as the image does."""

    product = "consul"
    group = "consul"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        port = context.port(8500 if 8500 in context.ports else None)
        settings = context.put("settings.json", json.dumps(_local_config(context)))
        arguments = ["--port", str(port), "--data-dir", str(context.folder()), "--config", str(settings)]
        return Launch(
            argv=python_module("environment.fleet.consul", *arguments),
            env={"PYTHONPATH": str(import_root())},
            cwd=context.data_dir,
            ready=lambda: http_status(port, "/v1/status/leader") == 200,
            notes="a small Consul: KV, sessions, services with checks, ACL",
        )


def _local_config(context: ServerContext) -> dict[str, object]:
    text = context.environment.get("CONSUL_LOCAL_CONFIG", "").strip() or "{}"
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise BadServerSettings(
            f"compose service {context.name!r}: CONSUL_LOCAL_CONFIG is not JSON: {error}"
        ) from error
    if not isinstance(settings, dict):
        raise BadServerSettings(f"compose service {context.name!r}: CONSUL_LOCAL_CONFIG must be a JSON object")
    return settings

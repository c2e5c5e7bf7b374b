"""Run the server until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import signal
import time
from pathlib import Path

from environment.fleet.consul import api_acl, api_kv, api_services, api_snapshot
from environment.fleet.consul.http import HttpConnection
from environment.fleet.consul.server import ConsulServer


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="consul", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="JSON as in CONSUL_LOCAL_CONFIG")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    config = json.loads(options.config.read_text()) if options.config else {}
    server = ConsulServer(config, options.data_dir, options.port, time.monotonic)
    for part in (api_kv, api_services, api_acl, api_snapshot):
        part.add_routes(server)
    server.start()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    listener = await loop.create_server(lambda: HttpConnection(server.handle), "127.0.0.1", options.port)
    await stopped.wait()
    listener.close()


def main() -> None:
    """Parse the command line and serve."""
    options = _arguments()
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        uvloop.run(_serve(options))
    else:
        asyncio.run(_serve(options))


if __name__ == "__main__":
    main()

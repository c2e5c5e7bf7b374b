"""Run the local event bus until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import signal
from pathlib import Path

from environment.fleet.servers.kafka_mock.cluster import MockCluster
from environment.fleet.servers.kafka_mock.control import serve_control
from environment.fleet.servers.kafka_mock.relay import Relay
from environment.fleet.servers.kafka_mock.topics import TopicCatalogue


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kafka_mock", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="where clients find the broker")
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--auto-create-topics", choices=("true", "false"), default="true")
    parser.add_argument("--partitions", type=int, default=1, help="of a topic created without a number")
    parser.add_argument("--rebalance-delay-ms", type=int, default=0)
    parser.add_argument("--session-timeout-ms", type=int, default=45_000, help="of groups with group.protocol=consumer")
    parser.add_argument("--heartbeat-ms", type=int, default=3_000, help="of groups with group.protocol=consumer")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    cluster = MockCluster()
    cluster.set_group_timing(options.rebalance_delay_ms, options.session_timeout_ms, options.heartbeat_ms)
    cluster.advertise("127.0.0.1", options.port)
    topics = TopicCatalogue(
        cluster, options.data_dir / "topics.json", options.auto_create_topics == "true", options.partitions
    )
    relay = Relay(topics, options.port, cluster.bootstrap_port)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    control = await serve_control(relay, cluster, options.control_port)
    await relay.up()
    await stopped.wait()
    control.close()
    await relay.down()
    cluster.close()


def main() -> None:
    """Parse the command line and serve."""
    options = _arguments()
    options.data_dir.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        uvloop.run(_serve(options))
    else:
        asyncio.run(_serve(options))


if __name__ == "__main__":
    main()

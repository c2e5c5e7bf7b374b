"""The control port of the local event bus: one command a line, one answer a line.

| command | does |
|---|---|
| `ping` | answers `ok` |
| `down` | the broker goes away: connections are reset, new ones refused |
| `up` | the broker is back, with its topics, records and offsets |
| `drop` | resets every connection once |
| `rtt MILLISECONDS` | delays every response; 0 ends that |
| `topics` | answers `ok NAME NAME …` |
"""

from __future__ import annotations

import asyncio
import socket

from environment.fleet.servers.base import ServerError
from environment.fleet.servers.kafka_mock.cluster import MockCluster
from environment.fleet.servers.kafka_mock.relay import Relay


async def serve_control(relay: Relay, cluster: MockCluster, port: int) -> asyncio.Server:
    """Listen for commands on a loopback port."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write((await _answer(line.decode().split(), relay, cluster)).encode() + b"\n")
            await writer.drain()
        writer.close()

    return await asyncio.start_server(session, "127.0.0.1", port)


async def _answer(words: list[str], relay: Relay, cluster: MockCluster) -> str:
    match words:
        case ["ping"]:
            return "ok"
        case ["down"]:
            await relay.down()
        case ["up"]:
            await relay.up()
        case ["drop"]:
            relay.drop()
        case ["rtt", milliseconds] if milliseconds.isdecimal():
            cluster.set_round_trip(int(milliseconds))
        case ["topics"]:
            return " ".join(["ok", *relay.topics.names])
        case _:
            return "error unknown command: use ping, down, up, drop, rtt MILLISECONDS or topics"
    return "ok"


def command(port: int, text: str, timeout: float = 2.0) -> str:
    """Send one command to a running event bus and return what follows "ok". Raises ServerError."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(text.encode() + b"\n")
            with connection.makefile("r") as answers:
                answer = answers.readline().strip()
    except OSError as error:
        raise ServerError(f"the event bus does not answer on its control port {port}: {error}") from error
    if not answer.startswith("ok"):
        raise ServerError(f"event bus: {answer or 'no answer'}")
    return answer[2:].strip()

"""`python delay_relay.py MILLISECONDS LISTEN:TARGET…`: relays TCP to loopback and holds back the answers."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio import StreamReader, StreamWriter

CHUNK = 65536


async def forward(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass on what comes, at once."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def hold_back(reader: StreamReader, writer: StreamWriter, seconds: float) -> None:
    """Pass on what comes, each piece `seconds` after it came; later pieces don't wait for earlier ones' delay."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def collect() -> None:
        while data := await reader.read(CHUNK):
            pieces.put_nowait((loop.time() + seconds, data))
        pieces.put_nowait((loop.time() + seconds, b""))

    collecting = asyncio.create_task(collect())
    try:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                return
            writer.write(data)
            await writer.drain()
    finally:
        collecting.cancel()


async def serve(listen: int, target: int, seconds: float) -> None:
    """Relay one port for ever."""

    async def connected(client: StreamReader, back: StreamWriter) -> None:
        broker, onward = await asyncio.open_connection("127.0.0.1", target)
        ways = [asyncio.create_task(forward(client, onward)), asyncio.create_task(hold_back(broker, back, seconds))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await way
        onward.close()
        back.close()

    await asyncio.start_server(connected, "0.0.0.0", listen)


async def main(milliseconds: str, *pairs: str) -> None:
    """Relay all pairs until killed; says `ready` once it listens."""
    for pair in pairs:
        listen, _, target = pair.partition(":")
        await serve(int(listen), int(target), int(milliseconds) / 1000)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

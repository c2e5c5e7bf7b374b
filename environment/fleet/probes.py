"""Health checks over HTTP: what compose runs as a command (`probe.py URL`, curl, wget) is one GET here."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[^\s\"'|]+")


@dataclass(frozen=True)
class Verdict:
    """One answer of a health check."""

    healthy: bool
    detail: str = ""


def url_of(test: tuple[str, ...]) -> str | None:
    """The URL of a check that is nothing but one GET (`probe.py`, curl or wget); None for any other command."""
    line = " ".join(test[1:])
    urls = _URL.findall(line)
    if len(urls) == 1 and re.search(r"probe\.py|\bcurl\b|\bwget\b", line):
        return str(urls[0])
    return None


async def http_verdict(url: str, timeout: float) -> Verdict:
    """Healthy when a GET is answered with a 2xx status in time."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nAccept: */*\r\n\r\n"
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request.encode())
                status_line = await reader.readline()
                body = b"" if b" 2" in status_line[8:11] else await _first_of_body(reader)
            finally:
                writer.close()
    except TimeoutError:
        return Verdict(False, f"{url} did not answer within {timeout:g} s")
    except OSError as error:
        return Verdict(False, f"{url}: {error.strerror or error}")
    status = status_line.decode("latin-1").strip()
    words = status.split(" ", 2)
    if len(words) > 1 and words[1].startswith("2"):
        return Verdict(True)
    text = body.decode("utf-8", "replace").strip()
    return Verdict(False, f"{url}: {status} {text[:400]}".strip())


async def _first_of_body(reader: asyncio.StreamReader) -> bytes:
    """What arrives first after the headers, which may be another packet than theirs; nothing when the server leaves."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        return await reader.read(4096)
    except asyncio.IncompleteReadError:
        return b""

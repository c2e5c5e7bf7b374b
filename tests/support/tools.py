"""Real tools of other makers, where the machine has them: the platform is tried with what its users use."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.eventually import eventually

SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where Debian puts daemons, which isn't in everybody's path."""
TIMEOUT_SECONDS = 300.0


def tool(name: str, source: str) -> str:
    """The tool's path. Skips the test where the machine doesn't have it; `source` says where it is had from."""
    found = shutil.which(name) or next((path for folder in SBIN if (path := shutil.which(name, path=folder))), None)
    if found is None:
        pytest.skip(f"{name} isn't on this machine ({source})")
    return found


def run(
    command: Sequence[str | Path], folder: Path, *, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A tool's exit status and what it has said, on both streams together in `stdout`."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


@contextmanager
def daemon(command: Sequence[str | Path], folder: Path, at: int | bytes) -> Iterator[None]:
    """A server that runs for the length of a block, which begins once something accepts connections on the port, or at
    the Unix socket of that address.
    """
    log = folder / "daemon.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:

            def accepts() -> bool:
                assert process.poll() is None, log.read_text()
                with socket.socket(socket.AF_INET if isinstance(at, int) else socket.AF_UNIX) as client:
                    return client.connect_ex(("127.0.0.1", at) if isinstance(at, int) else at) == 0

            eventually(accepts, 20.0)
            yield
        finally:
            process.kill()


def free_ports(number: int) -> list[int]:
    """Ports on loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()

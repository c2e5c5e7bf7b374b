"""`python probe.py URL`: the health check of the platform's containers. Status 0 when a GET is answered with 2xx.

It runs in every container every few seconds, all at once while the fleet starts: so it speaks HTTP by itself, which
takes a third of the time that importing a client takes.
"""

from __future__ import annotations

import socket
import sys

TIMEOUT_SECONDS = 4
"""Below the compose file's time-out, so that the reason is printed before the container engine gives up."""
ENOUGH_BYTES = 1000
"""Status line, headers and the beginning of the body, which says what is wrong."""


def get(url: str) -> bytes:
    """The beginning of the answer to a GET. Raises OSError, and ValueError for what is no `http://host:port/path`."""
    scheme, _, rest = url.partition("://")
    address, _, path = rest.partition("/")
    host, _, port = address.partition(":")
    if scheme != "http" or not host:
        raise ValueError("not an address of the form http://host:port/path")
    with socket.create_connection((host, int(port or 80)), TIMEOUT_SECONDS) as connection:
        request = f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b""
        while len(answer) < ENOUGH_BYTES and (data := connection.recv(ENOUGH_BYTES)):
            answer += data
    return answer


def main() -> int:
    """Print why the check failed, if it did."""
    if len(sys.argv) != 2:
        print("usage: probe.py URL")
        return 2
    try:
        answer = get(sys.argv[1])
    except (OSError, ValueError) as error:
        print(f"{sys.argv[1]}: {error}")
        return 1
    head, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    version, _, status = head.partition("\r\n")[0].partition(" ")
    if version.startswith("HTTP/1.") and status.startswith("2"):
        return 0
    print(f"{sys.argv[1]} answered {status or 'nothing'}: {body.strip()}")
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""What the typed clients of the services have in common."""

from __future__ import annotations

from urllib.parse import quote

from shared.clients.http import ServiceClient


class Facade:
    """A typed client of one service. `client` is given in tests."""

    service: str

    def __init__(self, client: ServiceClient | None = None) -> None:
        self._client = client or ServiceClient(self.service)


def segment(value: str) -> str:
    """A value as one segment of a path: a slash in it stays a part of it."""
    return quote(value, safe="")

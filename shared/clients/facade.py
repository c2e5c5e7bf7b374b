"""What the typed clients of the services have in common."""

from __future__ import annotations

from typing import Self
from urllib.parse import quote

from shared.clients.http import ServiceClient
from shared.settings import ServiceSettings
from shared.utils.clock import Clock


class Facade:
    """A typed client of one service."""

    service: str

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, settings: ServiceSettings, clock: Clock) -> Self:
        """The client as a composition root makes it. Nothing is sent before the first call."""
        return cls(ServiceClient(cls.service, settings, clock))


def segment(value: str) -> str:
    """A value as one segment of a path: a slash in it stays a part of it."""
    return quote(value, safe="")

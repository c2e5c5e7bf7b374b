"""Real local servers for the infrastructure images of the compose file."""

from environment.fleet.servers.base import (
    BadServerSettings,
    Launch,
    LocalServer,
    MissingBinary,
    ServerContext,
    ServerError,
    UnknownImage,
)
from environment.fleet.servers.registry import server_for

__all__ = [
    "BadServerSettings",
    "Launch",
    "LocalServer",
    "MissingBinary",
    "ServerContext",
    "ServerError",
    "UnknownImage",
    "server_for",
]

"""What the end points of loadbalancer have in common."""

from __future__ import annotations

from fastapi import Depends, Request

from shared.web.fastapi import ApiRouter
from shared.web.storable import refuse_unreadable

READ, WRITE = "loadbalancer:read", "loadbalancer:write"


async def _readable(request: Request) -> None:
    """Refuse addresses that can't be stored. Raises BadRequest."""
    refuse_unreadable(request.scope["raw_path"])
    refuse_unreadable(request.scope["query_string"])


class Router(ApiRouter):
    """A router whose end points see addresses that can be stored, and no others."""

    def __init__(self) -> None:
        super().__init__()
        self.dependencies.append(Depends(_readable))

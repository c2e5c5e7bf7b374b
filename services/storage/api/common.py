"""What the end points share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

READ, WRITE = "storage:read", "storage:write"


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]
"""Parameter type: the body as it came."""

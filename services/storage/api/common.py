"""Dependencies that the end points share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from services.storage.ports import Ports


def _ports(request: Request) -> Ports:
    ports: Ports = request.app.state.ports
    return ports


async def _raw_body(request: Request) -> bytes:
    return await request.body()


PortsOf = Annotated[Ports, Depends(_ports)]
"""Parameter type: what the operations need from outside."""

RawBody = Annotated[bytes, Depends(_raw_body)]
"""Parameter type: the body as it came."""

"""Dependencies that the end points share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from services.deploy.ports import Ports
from shared.infra.periodic import Periodic


def _ports(request: Request) -> Ports:
    ports: Ports = request.app.state.ports
    return ports


def _dispatcher(request: Request) -> Periodic:
    dispatcher: Periodic = request.app.state.dispatcher
    return dispatcher


async def _raw_body(request: Request) -> bytes:
    return await request.body()


PortsOf = Annotated[Ports, Depends(_ports)]
"""Parameter type: what the operations need from outside."""

DispatcherOf = Annotated[Periodic, Depends(_dispatcher)]
"""Parameter type: what hands queued applies to the broker."""

RawBody = Annotated[bytes, Depends(_raw_body)]
"""Parameter type: the body as it came."""

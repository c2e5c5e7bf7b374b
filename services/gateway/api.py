"""The gateway's end point: `/api/<service>/…`, any method."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from services.gateway import operations
from services.gateway.domain.client_address import client_address
from services.gateway.domain.credentials import access_token
from services.gateway.domain.headers import returnable
from services.gateway.domain.routing import route
from services.gateway.operations import Incoming
from services.gateway.ports import Ports
from shared.errors import OmniCloudError
from shared.kernel.context import current
from shared.kernel.identity import TENANT_HEADER, Identity
from shared.web.fastapi import ports_of_app

router = APIRouter()
ROUTERS = [router]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "LOCK", "UNLOCK"]


class PayloadTooLarge(OmniCloudError):
    """The body is larger than the gateway carries."""

    code = "payload_too_large"


@router.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
async def forward(request: Request, ports: Ports = ports_of_app()) -> Response:
    """Verify the caller, count the request against its limit, carry it to the service."""
    target = route(request.url.path)
    address = client_address(
        request.client.host if request.client else "", request.headers.getlist("x-forwarded-for"), ports.trusted
    )
    identity = await _identity(ports, request, address)
    request.state.tenant_id = identity.tenant_id if identity else None
    incoming = Incoming(
        method=request.method,
        route=target,
        query=request.url.query,
        headers=request.headers.items(),
        body=await _body(request, ports.settings.max_body_bytes),
        identity=identity,
        client_address=address,
    )
    answer = await operations.forward(ports, incoming, current())
    response = StreamingResponse(answer.aiter_bytes(), answer.status_code, background=BackgroundTask(answer.aclose))
    own = {"x-correlation-id", "x-trace-id"}
    response.raw_headers = [
        (name.encode(), value.encode("latin-1"))
        for name, value in returnable(answer.headers.multi_items())
        if name.lower() not in own
    ]
    return response


async def _identity(ports: Ports, request: Request, address: str) -> Identity | None:
    """The caller's identity in the tenant it acts on; None without a token."""
    token = access_token(request.headers.get("authorization", ""))
    if token is None:
        await ports.limits.count_anonymous(address)
        return None
    identity = await ports.tokens.verify(token)
    await ports.limits.count_tenant(identity.tenant_id)
    return identity.in_tenant(request.headers.get(TENANT_HEADER)) if identity.kind == "operator" else identity


async def _body(request: Request, limit: int) -> bytes:
    """The whole body. Raises PayloadTooLarge as soon as it is known to be."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise PayloadTooLarge(f"at most {limit} bytes; upload larger objects by presigned URL")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge(f"at most {limit} bytes; upload larger objects by presigned URL")
        chunks.append(chunk)
    return b"".join(chunks)

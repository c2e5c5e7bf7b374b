"""The gateway's end points: `/api/<service>/…`, any method, and the document of all that can be reached so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.gateway import operations
from services.gateway.domain.bodies import PROMPT_BYTES, first_seconds, receiving_seconds, takes_large_bodies
from services.gateway.domain.client_address import client_address, is_trusted, limited_as
from services.gateway.domain.credentials import access_token, is_api_key
from services.gateway.domain.headers import returnable
from services.gateway.domain.routing import WELL_KNOWN, guesses, route, signed_for
from services.gateway.domain.routing import Route as Target
from services.gateway.domain.standing import AccessRevoked
from services.gateway.operations import Incoming, Reached
from services.gateway.ports import Ports
from services.gateway.ports.transport import Answer
from shared.errors import DeadlineExceeded, ServiceUnavailable, Unauthenticated
from shared.kernel.context import DEADLINE_HEADER, IDEMPOTENCY_HEADER, RequestContext, current
from shared.kernel.identity import TENANT_HEADER, Identity
from shared.utils.deadline import Deadline
from shared.web.fastapi import ports_of
from shared.web.spooling import SpooledBody, declared_size

PATH = "/api/{path:path}"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "LOCK", "UNLOCK"]
SET_HERE = frozenset({"x-correlation-id", "x-trace-id"})


async def forward(request: Request) -> Response:
    """Verify the caller, count the request against its limit, carry it to the service."""
    request.scope["route"] = DISCOVERY if request.scope["path"] == WELL_KNOWN else ROUTE
    ports: Ports = ports_of(request)
    target = route(request.scope["raw_path"].decode("ascii"))
    address = _address(ports, request)
    identity = await _identity(ports, request, target, address)
    _check_signer(ports, target)
    request.state.tenant_id = identity.tenant_id if identity else None
    async with AsyncExitStack() as share:
        await share.enter_async_context(ports.shares.taken(_sharer(identity, address)))
        answer = await _carried(ports, request, target, identity, address)
        response = await _response(answer)
        if isinstance(response, Passing):
            response.share = share.pop_all()
        return response


async def _carried(ports: Ports, request: Request, target: Target, identity: Identity | None, address: str) -> Answer:
    """The service's answer to the request, once its body is here."""
    async with _body(ports, request, target, identity, address) as body:
        # A body may take its time, and what has ended meanwhile acts no more.
        identity = _acting(request, await ports.tokens.again(request.state.token)) if identity else None
        _check_signer(ports, target)
        incoming = Incoming(
            method=request.method,
            route=target,
            query=request.scope["query_string"].decode("ascii"),
            headers=request.headers.items(),
            body=body,
            identity=identity,
            client_address=address,
            reached_at=Reached(_scheme(request, ports), request.headers.get("host", "")),
        )
        return await operations.forward(ports, incoming, _answered_from_now(ports, request, body))


def _answered_from_now(ports: Ports, request: Request, body: SpooledBody) -> RequestContext:
    """The request's context: its time begins anew once its body is here, for which a slow line takes long, and there is
    more of it for a large one. What a client has given it counts from its beginning."""
    context = current()
    if DEADLINE_HEADER in request.headers:
        return context
    settings = ports.settings
    seconds = settings.large_body_seconds if body.size > PROMPT_BYTES else settings.request_timeout_seconds
    return replace(context, deadline=Deadline.after(seconds, ports.clock))


def _sharer(identity: Identity | None, address: str) -> str:
    """Whose share of the gateway the request is a part of."""
    return identity.tenant_id if identity else limited_as(address)


async def document(request: Request) -> Response:
    """One OpenAPI document of all services. For everybody, as their own documents are, and counted as they are."""
    ports: Ports = ports_of(request)
    await _identity(ports, request, Target("gateway", request.url.path), _address(ports, request))
    return Response(await ports.documents.joint(), media_type="application/json")


async def _response(answer: Answer) -> Response:
    """The answer as it goes to the client; one whose body is still on its way is passed on as it comes."""
    response = Response(await answer.read(), answer.status) if answer.complete else Passing(answer)
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers]
    response.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in returnable(headers, answer.status)
        if name not in SET_HERE
    ]
    return response


class Passing(StreamingResponse):
    """An answer passed on; when the client goes away, is hung up on because it takes nothing, or the answer breaks off,
    its connection is given up."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.chunks(), answer.status)
        self._answer = answer
        self.share = AsyncExitStack()
        """What is given back with the answer's end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.share:
            try:
                await super().__call__(scope, receive, send)
            finally:
                self._answer.close()


async def _identity(ports: Ports, request: Request, target: Target, address: str) -> Identity | None:
    """The caller's identity in the tenant it acts on; None without a token."""
    try:
        token = access_token(request.headers.get("authorization", ""))
    except Unauthenticated:
        await ports.limits.count_anonymous(address)
        raise
    if token is None or guesses(target, request.method):
        await ports.limits.count_anonymous(address)
    if token is None:
        return None
    if is_api_key(token):
        token = await ports.api_keys.exchange(token, address, current())
    try:
        identity = await ports.tokens.verify(token)
    except AccessRevoked:  # It was issued: nobody guesses, and whoever has it is told to log in again.
        raise
    except Unauthenticated:
        await ports.limits.count_anonymous(address)
        raise
    await ports.limits.count_tenant(identity.tenant_id)
    request.state.token = token
    return _acting(request, identity)


def _acting(request: Request, identity: Identity) -> Identity:
    """The identity in the tenant it acts on, which an operator says."""
    return identity.in_tenant(request.headers.get(TENANT_HEADER)) if identity.kind == "operator" else identity


def _address(ports: Ports, request: Request) -> str:
    """The client's, as the proxies in between that are trusted tell it."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), ports.trusted)


def _scheme(request: Request, ports: Ports) -> str:
    """How the client came: by TLS where a proxy of ours has ended it and says so."""
    told = request.headers.get("x-forwarded-proto", "").lower()
    ours = request.client is not None and is_trusted(request.client.host, ports.trusted)
    return told if ours and told in ("http", "https") else str(request.url.scheme)


def _check_signer(ports: Ports, target: Target) -> None:
    """A presigned URL acts for a tenant, and rests with it. Raises TenantSuspended or TenantClosed.

    Whether its signer may still do it is for storage to say, which knows when it was signed.
    """
    tenant_id = signed_for(target)
    if tenant_id is not None:
        ports.standing.ensure_active(tenant_id)


class BodyNotInTime(DeadlineExceeded):
    """The body takes too long. Its rest is of no use: the connection ends with the answer."""

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Connection": "close"}


@asynccontextmanager
async def _body(
    ports: Ports, request: Request, target: Target, identity: Identity | None, address: str
) -> AsyncIterator[SpooledBody]:
    """The whole body, until the request has its answer. Raises PayloadTooLarge as soon as it is known to be,
    TooManyRequests when the caller's bodies would take too much room together, BodyNotInTime when it comes too slowly,
    ServiceUnavailable when the disk is full."""
    settings = ports.settings
    large = takes_large_bodies(target, request.headers.get(IDEMPOTENCY_HEADER))
    limit = settings.max_large_body_bytes if large else settings.max_body_bytes
    advice = "; larger objects go in parts of up to as much" if target.service == "storage" else ""
    declared = declared_size(request.headers.get("content-length"))
    with (
        ports.shares.room(_sharer(identity, address), known=identity is not None) as reaches,
        SpooledBody(limit, advice, settings.body_in_memory_bytes, reaches) as body,
    ):
        try:
            await body.receive(_in_time(ports, request, declared), declared)
        except OSError as error:
            raise ServiceUnavailable("there is no room for the request's body now", retry_after=1) from error
        yield body


async def _in_time(ports: Ports, request: Request, declared: int | None) -> AsyncIterator[bytes]:
    """The body as it comes. Raises BodyNotInTime when too little of it has come."""
    deadline = current().deadline
    left = deadline.remaining() if deadline else ports.settings.request_timeout_seconds
    first = first_seconds(left, None if DEADLINE_HEADER in request.headers else declared)
    clock = asyncio.get_running_loop().time
    began, received = clock(), 0
    chunks = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout_at(began + receiving_seconds(first, received)):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise BodyNotInTime("the request's body did not come in time") from error
        received += len(chunk)
        yield chunk


ROUTE = Route(PATH, forward, methods=METHODS, include_in_schema=False)
"""Starlette's own: there is nothing in a request that FastAPI could read for it."""
DISCOVERY = Route(WELL_KNOWN, forward, methods=["GET"], include_in_schema=False)
DOCUMENT = Route("/openapi.json", document, methods=["GET"], include_in_schema=False)
ROUTERS = [APIRouter(routes=[ROUTE, DISCOVERY, DOCUMENT])]

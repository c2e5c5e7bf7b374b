"""FastAPI services: one transaction a mutating request; identity, idempotency, problems, metrics and logs around."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Annotated, Any, TypeVar

import psycopg2
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Busy, OmniCloudError, ValidationFailed
from shared.infra.db.refusals import ValueOutOfRange, refusal_of
from shared.infra.db.sqlalchemy import SessionFactory, SqlAlchemyTransactions
from shared.kernel import http_spans
from shared.kernel.context import RequestContext, current, use_context
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags, parse_if_match
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.utils.pagination import PageRequest
from shared.web import access_log, idempotency, metrics, openapi, problems, unit_of_work
from shared.web.admission import under_policies, warning_header
from shared.web.crowds import Crowds
from shared.web.edge import check_host, context_from_headers, refused, response_headers
from shared.web.fastapi_openapi import DocumentedApi
from shared.web.health import Readiness
from shared.web.input import check_headers, check_size, check_target, combined, parse_json
from shared.web.permissions import ensure_allowed
from shared.web.runtime import Background, Handlers, PortsWithClock, Runtime, ServiceApp, default_checks
from shared.web.spooling import declared_size
from shared.web.unit_of_work import UnitOfWork

log = logger("shared.web")

CROWDS = Crowds()
"""Those who send something to be done: of each tenant so many at once."""
CLIENT_GONE = 499
"""What metrics and logs have, as nginx does, for a request that its client broke off: nobody gets it."""
NOBODY = ""
"""Whose requests those without an identity are."""
Call = TypeVar("Call", bound=Callable[..., Any])


class ApiRoute(APIRoute):
    """A route whose mutating requests run in one transaction and honour `Idempotency-Key`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if iscoroutinefunction(endpoint):
            super().__init__(path, endpoint, **options)
            self._declare()
            return
        run, made = unit_of_work.whole(endpoint)
        super().__init__(path, run, **options)
        self._declare()
        if self.response_model is not None and isinstance(self.response_class, DefaultPlaceholder):
            made.answers_with(self.response_model, self.status_code)

    def _declare(self) -> None:
        """Say in the document what the end point's dependencies ask for."""
        permission = next(_permissions(self.dependant), None)
        changes = bool((self.methods or set()) & idempotency.MUTATING_METHODS)
        said = openapi.declared(
            permission,
            is_open=permission is None,
            versioned=any(each.call is _expected_version for each in _dependencies(self.dependant)),
            keyed=changes,
        )
        kinds = [kind for each in _dependencies(self.dependant) if (kind := getattr(each.call, "media_type", None))]
        if kinds and changes:
            said["requestBody"] = openapi.binary_body(*kinds)
        self.openapi_extra = said | (self.openapi_extra or {})

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        permissions = tuple(_permissions(self.dependant))
        takes_json = self.body_field is not None
        once = _given_once(self.dependant)

        async def handle(request: Request) -> Response:
            key = request.headers.get("Idempotency-Key") if request.method in idempotency.MUTATING_METHODS else None
            if key is not None and current().identity is None:
                key = None  # There is nobody whose answer could be kept; who needs a caller refuses in any case.
            if not takes_json:
                return await answer(request, key)
            await _read_json(request)
            identity = current().identity
            async with CROWDS.turn(identity.tenant_id if identity else NOBODY, current().deadline):
                return await answer(request, key)

        async def answer(request: Request, key: str | None) -> Response:
            unit = UnitOfWork(request.app.state.sessions, key)
            request.state.unit_of_work = unit
            before = unit_of_work.present.set(unit)
            try:
                if key is not None:
                    for permission in permissions:
                        ensure_allowed(current().caller, permission)
                    if once:
                        raise idempotency.IdempotencyNotSupported("this answer is given once: leave the key out")
                    saved = await _begin(unit, request)
                    if saved is not None:
                        return Response(saved.body, saved.status, dict(saved.headers))
                response: Response = await handler(request)
                if not unit.answered:
                    await unit_of_work.ending(lambda: unit.answer(response))
                return response
            finally:
                unit_of_work.present.reset(before)
                if unit.open:  # Not committed: refused, failed, answered before, or the client has gone.
                    await unit_of_work.ending(unit.rollback)

        return handle


async def _begin(unit: UnitOfWork, request: Request) -> idempotency.SavedAnswer | None:
    content = await request.body()
    print_of = idempotency.fingerprint(
        request.app.state.settings.identity_signing_key,
        request.method,
        request.url.path,
        request.url.query,
        content,
        current().caller.subject,
    )
    return await unit_of_work.beginning(lambda: unit.begin(print_of))


async def _read_json(request: Request) -> None:
    """Parse the body by the rules of this API, before the framework would by its own."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        return
    check_size(declared_size(request.headers.get("content-length")) or 0)
    content = await request.body()
    if content:
        request._json = parse_json(content)  # Where the request keeps what it has parsed.


def _permissions(dependant: Dependant) -> Iterator[str]:
    """What an end point requires of its caller."""
    for inner in _dependencies(dependant):
        if isinstance(permission := getattr(inner.call, "permission", None), str):
            yield permission


def _dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """What an end point depends on, and what that depends on."""
    for inner in dependant.dependencies:
        yield inner
        yield from _dependencies(inner)


def _given_once(dependant: Dependant) -> bool:
    """Whether an end point's answer is kept nowhere."""
    return any(getattr(each.call, "given_once", False) for each in _dependencies(dependant))


class ApiRouter(APIRouter):
    """A router of transactional routes."""

    def __init__(self, prefix: str = "/v1", tags: Sequence[str] = ()) -> None:
        super().__init__(prefix=prefix, tags=list(tags), route_class=ApiRoute)


# What end points depend on are coroutines: they do nothing that waits, and anything else is called in another thread.


def requires(permission: str) -> Any:
    """Dependency: the request's context, for callers that hold the permission. 401 or 403 for others."""

    async def check() -> RequestContext:
        context = current()
        ensure_allowed(context.caller, permission)
        return context

    check.permission = permission  # type: ignore[attr-defined]  # Read before an answer is given again.
    return Depends(check)


def given_once() -> Any:
    """Dependency of a route whose answer holds a secret: it is never saved, so an `Idempotency-Key` is refused."""

    async def mark() -> None:
        """What is asked of the route before it is called."""

    mark.given_once = True  # type: ignore[attr-defined]  # Read when a key comes.
    return Depends(mark)


def takes(media_type: str) -> Callable[[Call], Call]:
    """Mark a dependency that reads the request's body itself, for the document; `*/*` is any media type."""

    def mark(dependency: Call) -> Call:
        dependency.media_type = media_type  # type: ignore[attr-defined]
        return dependency

    return mark


def database() -> Any:
    """Dependency: the session of the request's unit of work."""

    async def session(request: Request) -> Session:
        opened: Session = request.state.unit_of_work.session
        return opened

    return Depends(session)


def ports_of_app() -> Any:
    """Dependency: the ports that the composition root made."""

    async def ports(request: Request) -> Any:
        return ports_of(request)

    return Depends(ports)


def ports_of(request: Request) -> Any:
    """The same for an end point without dependencies."""
    return request.app.state.ports


async def _page(
    limit: Annotated[str | None, Query()] = None, cursor: Annotated[str | None, Query()] = None
) -> PageRequest:
    return PageRequest.parse(limit, cursor)


PageQuery = Annotated[PageRequest, Depends(_page)]
"""Parameter type: the page asked for by `limit` and `cursor`."""


async def _expected_version(if_match: Annotated[str | None, Header()] = None) -> EntityTags | None:
    return parse_if_match(if_match)


ExpectedVersion = Annotated[EntityTags | None, Depends(_expected_version)]
"""Parameter type: the versions that `If-Match` names, None where the header is missing."""


class ContextMiddleware:
    """Sets the request context, counts and times the request, and puts the correlation id on the answer."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, clock: Clock) -> None:
        self._app = app
        self._settings = settings
        self._hosts = settings.hosts()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        headers = dict(pairs)
        if len(headers) < len(pairs):
            listed = combined(pairs)
            headers = dict(listed)
            scope["headers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in listed]
        span = http_spans.serve(scope["method"], scope["path"], headers)
        context, refusal = context_from_headers(headers, self._settings, self._clock, span)
        context = under_policies(context, scope["method"], self._settings)
        refusal = refused(lambda: self._check(scope, pairs, headers)) or refusal

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = {**response_headers(context, self._settings), **warning_header(context.warnings)}.items()
                message["headers"] = [*message["headers"], *((k.encode(), v.encode("latin-1")) for k, v in extra)]
            await send(message)

        try:
            with use_context(context):
                if refusal is not None:
                    await _problem(refusal, scope["path"])(scope, receive, send_with_headers)
                else:
                    await self._guarded(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", None)
            seconds = time.perf_counter() - started
            tenant_id = context.identity.tenant_id if context.identity else scope.get("state", {}).get("tenant_id")
            metrics.observe_request(scope["method"], route, status, seconds)
            http_spans.served(
                span,
                scope["method"],
                path=scope["path"],
                route=route,
                scheme=scope["scheme"],
                status=status,
                tenant_id=tenant_id,
            )
            access_log.note(
                context,
                scope["method"],
                path=scope["path"],
                route=route,
                status=status,
                seconds=seconds,
                tenant_id=tenant_id,
            )

    def _check(self, scope: Scope, pairs: list[tuple[str, str]], headers: Mapping[str, str]) -> None:
        """Raise the refusal of what can't be read."""
        check_headers(pairs)
        check_host(headers.get("host"), self._hosts)
        check_target(scope.get("raw_path") or b"/", scope["query_string"])

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what nobody expected with a problem that tells nothing of the inside; the log has the traceback."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.info("the client has gone", path=scope["path"], method=scope["method"])
            if not started:
                await Response(status_code=CLIENT_GONE)(scope, receive, send)
        except Exception:
            log.exception("request failed", path=scope["path"], method=scope["method"])
            if started:
                raise
            body = problems.internal_problem(scope["path"])
            await JSONResponse(body, 500, media_type=problems.MEDIA_TYPE)(scope, receive, send)


def _problem(error: OmniCloudError, path: str) -> JSONResponse:
    return JSONResponse(
        problems.problem_body(error, path), error.status, headers=error.headers, media_type=problems.MEDIA_TYPE
    )


def _install_problem_handlers(app: FastAPI) -> None:
    async def on_expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, OmniCloudError)
        return _problem(error, request.url.path)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = [{"field": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
        return _problem(ValidationFailed("some fields are not valid", errors=fields), request.url.path)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        body = problems.http_problem(error.status_code, str(error.detail), request.url.path)
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return JSONResponse(body, error.status_code, headers=headers, media_type=problems.MEDIA_TYPE)

    async def on_database(request: Request, error: Exception) -> Response:
        if isinstance(error, PoolTimeout):
            return _problem(Busy("all connections to the database are in use", retry_after=1), request.url.path)
        if isinstance(error, OverflowError):
            log.warning("a number too large", path=request.url.path, exc_info=error)
            return _problem(ValueOutOfRange("a number is beyond what can be counted with"), request.url.path)
        refusal = refusal_of(error)
        if refusal is None:
            raise error
        return _problem(refusal, request.url.path)

    for kind in (SQLAlchemyError, psycopg2.Error, OverflowError):
        app.add_exception_handler(kind, on_database)
    app.add_exception_handler(OmniCloudError, on_expected)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def _allowed(request: Request) -> str:
    """The methods that there are for the request's path (RFC 9110 §10.2.1): the framework names one route's alone."""
    routes = [route for route in request.app.router.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in getattr(route, "methods", None) or ()}))


def install_standard_routes(app: FastAPI, readiness: Readiness) -> None:
    """`/healthz`, `/readyz`, `/metrics` and `/problems`, open to everybody and outside of the API's document."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        report = readiness.report()
        return JSONResponse(report.body(), report.status)

    @app.get("/metrics", include_in_schema=False)
    def metrics_page() -> Response:
        content, media_type = metrics.exposition()
        return Response(content, media_type=media_type)

    @app.get("/problems", include_in_schema=False)
    async def problem_catalogue() -> dict[str, Any]:
        return problems.catalogue()

    @app.get("/problems/{code}", include_in_schema=False)
    async def problem_explanation(code: str) -> dict[str, Any]:
        return problems.explanation(code)


def create_service(
    settings: ServiceSettings,
    ports: PortsWithClock,
    *,
    routers: Sequence[APIRouter],
    sessions: SessionFactory | None,
    handlers: Handlers | None = None,
    checks: Mapping[str, Callable[[], None]] | None = None,
    helpful: Mapping[str, Callable[[], None]] | None = None,
    background: Sequence[Background] = (),
    documented: bool = True,
) -> ServiceApp:
    """The composition of a FastAPI service: the ASGI application and its background runtime.

    `ports` is what end points get by `ports_of_app()`. `sessions` is None for a service without a database. `checks`
    adds required dependencies to readiness, `helpful` those that the service can do without. `documented` is False for
    a service that answers `/openapi.json` itself.
    """
    app = DocumentedApi(settings.service_name, openapi_url="/openapi.json" if documented else None)
    app.state.sessions = sessions
    app.state.ports = ports
    app.state.settings = settings
    readiness = Readiness({**default_checks(settings, sessions is not None), **(checks or {})}, helpful)
    install_standard_routes(app, readiness)
    for router in routers:
        # As they are: each has its whole path, and `include_router` would look for it in two steps a request.
        app.router.routes.extend(router.routes)
    _install_problem_handlers(app)
    app.add_middleware(ContextMiddleware, settings=settings, clock=ports.clock)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins(),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "X-Correlation-Id"],
    )
    transactions = SqlAlchemyTransactions(sessions) if sessions else None
    runtime = Runtime(settings, ports.clock, handlers or {}, transactions, background)
    return ServiceApp(settings, "asgi", app, runtime)

"""Middleware of the Django services: the request context, and CORS for browsers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest, HttpResponse

from shared.kernel import http_spans
from shared.kernel.context import RequestContext, use_context
from shared.web import access_log, metrics, problems
from shared.web.admission import under_policies, warning_header
from shared.web.django_problems import problem_response
from shared.web.edge import InvalidHost, context_from_headers, refused, response_headers
from shared.web.input import check_headers, check_path, check_query

GetResponse = Callable[[HttpRequest], HttpResponse]


class ContextMiddleware:
    """Sets the request context, counts statements and time, and puts the correlation id on the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        headers = {name.lower(): value for name, value in request.headers.items()}
        span = http_spans.serve(str(request.method), request.path, headers)
        context, refusal = context_from_headers(headers, settings.OMNICLOUD_SETTINGS, settings.OMNICLOUD_CLOCK, span)
        context = under_policies(context, str(request.method), settings.OMNICLOUD_SETTINGS)
        refusal = refused(lambda: _check(request)) or refusal
        with use_context(context), connection.execute_wrapper(_counting(context)):
            if refusal is not None:
                response = problem_response(problems.problem_body(refusal, request.path))
            else:
                response = self._get_response(request)
        if not response.streaming and not response.has_header("Content-Length"):
            # Without it the server would end the connection to tell where the answer ends.
            response["Content-Length"] = str(len(response.content))
        extra = {**response_headers(context, settings.OMNICLOUD_SETTINGS), **warning_header(context.warnings)}
        for name, value in extra.items():
            response[name] = value
        match = request.resolver_match
        route = "/" + match.route if match else None
        seconds = time.perf_counter() - started
        metrics.observe_request(str(request.method), route, response.status_code, seconds)
        http_spans.served(
            span,
            str(request.method),
            path=request.path,
            route=route,
            scheme=str(request.scheme),
            status=response.status_code,
            tenant_id=context.identity.tenant_id if context.identity else None,
        )
        access_log.note(
            context,
            str(request.method),
            path=request.path,
            route=route,
            status=response.status_code,
            seconds=seconds,
        )
        return response


def _check(request: HttpRequest) -> None:
    """Raise the refusal of what can't be read, or is for another host. The server has decoded the path."""
    try:
        request.get_host()  # Django checks the host policy only when the host is asked for
    except DisallowedHost as error:
        raise InvalidHost("this service answers to its own names only") from error
    check_headers(request.headers.items())
    check_path(request.path_info.encode())
    check_query(str(request.META.get("QUERY_STRING", "")).encode("latin-1"))


def _counting(context: RequestContext) -> Callable[..., Any]:
    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, more: Any) -> Any:
        context.queries.count += 1
        return execute(sql, params, many, more)

    return wrapper


class CorsMiddleware:
    """CORS (Fetch standard) for the configured browser origins; requests without `Origin` pass untouched."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        allowed = origin is not None and origin in settings.OMNICLOUD_SETTINGS.origins()
        if origin and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = HttpResponse(status=204 if allowed else 400)
        else:
            response = self._get_response(request)
        if allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response["Access-Control-Allow-Headers"] = "*"
            response["Access-Control-Expose-Headers"] = "ETag, X-Correlation-Id"
            response["Vary"] = "Origin"
        return response

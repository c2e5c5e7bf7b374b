"""Views of the Django services: one transaction a mutating request, idempotency keys, problems, pages and tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import psycopg2
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.errors import BadRequest, OmniCloudError, PayloadTooLarge, ValidationFailed
from shared.infra.db.refusals import ValueOutOfRange, refusal_of
from shared.kernel.context import current
from shared.kernel.identity import Identity
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags, parse_if_match
from shared.utils.pagination import Page, PageRequest
from shared.web import idempotency, openapi, problems
from shared.web.django_problems import problem_response
from shared.web.django_types import mistyped
from shared.web.edge import etag_of
from shared.web.input import MAX_JSON_BYTES
from shared.web.openapi import JSON
from shared.web.permissions import ensure_allowed, ensure_allowed_somewhere

log = logger("shared.web")

SerializerType = type[serializers.BaseSerializer]


class ApiView(APIView):
    """A view whose mutating requests run in one transaction and honour `Idempotency-Key`.

    An answered problem rolls everything back, whatever was written before it was raised. `ports` is handed in by the
    service's routes; each service says of which type it is.
    """

    ports: Any = None
    keyed = True
    """Whether mutating requests take an `Idempotency-Key`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method not in idempotency.MUTATING_METHODS:
            return super().dispatch(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        # Without a caller there is nobody whose answer could be kept; who needs one is refused in any case.
        if key is None or current().identity is None:
            return self.in_transaction(request, lambda: APIView.dispatch(self, request, *args, **kwargs))
        return self.in_transaction(request, lambda: self._dispatch_once(request, key, *args, **kwargs))

    def in_transaction(self, request: HttpRequest, answer: Callable[[], Any]) -> Any:
        """What `answer` gives, in one transaction; a problem for what its beginning or its end met."""
        try:
            with transaction.atomic():
                return answer()
        except OmniCloudError as error:
            return self._problem(request, error)
        except (DatabaseError, psycopg2.Error, RequestDataTooBig) as error:
            expected = _expected(error)
            if expected is None:
                raise
            return self._problem(request, expected)

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Raise the refusal of a caller who may not do this now, whatever the declared permission says.

        Asked before a saved answer is given again, with the path's parameters: end points whose operations ask for
        more than the declared permission (a project, a path) ask for it here, too.
        """

    def _dispatch_once(self, request: HttpRequest, key: str, *args: Any, **kwargs: Any) -> Any:
        caller = current().caller
        check = getattr(getattr(self, str(request.method).lower(), None), "check", None)
        if check is not None:
            check(caller)
        tenant, key = caller.tenant_id, idempotency.kept_key(caller, key)
        print_of = idempotency.fingerprint(
            settings.OMNICLOUD_SETTINGS.identity_signing_key,
            str(request.method),
            request.path,
            request.META.get("QUERY_STRING", ""),
            request.body,
            caller.subject,
        )
        with connection.cursor() as cursor:
            saved = idempotency.begin(cursor, tenant, key, print_of)
        if saved is not None:
            self.may_have_again(request, **kwargs)
            again = HttpResponse(saved.body, status=saved.status, headers=dict(saved.headers))
            if "content-type" not in saved.headers:  # Django has given it one of its own.
                del again["Content-Type"]
            return again
        response = APIView.dispatch(self, request, *args, **kwargs)
        if response.status_code < 400:
            response.render()
            with connection.cursor() as cursor:
                idempotency.complete(
                    cursor, tenant, key, response.status_code, dict(response.items()), response.content
                )
        return response

    def committed_refusal(self, request: HttpRequest, error: OmniCloudError) -> HttpResponse:
        """A refusal to be answered, not raised: what was written before it stays, all but a claimed idempotency key."""
        key, identity = request.headers.get("Idempotency-Key"), current().identity
        if self.keyed and key is not None and identity is not None:
            with connection.cursor() as cursor:
                idempotency.release(cursor, identity.tenant_id, idempotency.kept_key(identity, key))
        return self._problem(request, error)

    def _problem(self, request: HttpRequest, error: OmniCloudError) -> HttpResponse:
        response = problem_response(problems.problem_body(error, request.path))
        for name, value in error.headers.items():
            response[name] = value
        return response


def handle_exception(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook: every error becomes a problem body, and nothing of the request stays in the database."""
    path = context["request"].path
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    expected = _expected(error)
    if expected is not None:
        body, headers = problems.problem_body(expected, path), expected.headers
    elif isinstance(error, exceptions.APIException | Http404):
        status = 404 if isinstance(error, Http404) else error.status_code
        body, headers = problems.http_problem(status, str(error), path), {}
    else:
        log.error("request failed", path=path, method=context["request"].method, exc_info=error)
        body, headers = problems.internal_problem(path), {}
    return Response(body, body["status"], headers=headers, content_type=problems.MEDIA_TYPE)


def _expected(error: Exception) -> OmniCloudError | None:
    if isinstance(error, OmniCloudError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return ValidationFailed("some fields are not valid", errors=_fields(error.detail))
    if isinstance(error, exceptions.ParseError):
        return BadRequest("the body is not valid JSON")
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge(f"a body has at most {MAX_JSON_BYTES} bytes")
    if isinstance(error, OverflowError):
        log.warning("a number too large", exc_info=error)
        return ValueOutOfRange("a number is beyond what can be counted with")
    return refusal_of(error)


def _fields(detail: Any, prefix: str = "") -> list[dict[str, str]]:
    """Nested serializer errors as a flat list of field paths and messages."""
    if isinstance(detail, dict):
        return [entry for name, inner in detail.items() for entry in _fields(inner, f"{prefix}.{name}".lstrip("."))]
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        return [
            entry for place, inner in enumerate(detail) for entry in _fields(inner, f"{prefix}.{place}".lstrip("."))
        ]
    messages = detail if isinstance(detail, list) else [detail]
    return [{"field": prefix, "message": str(message)} for message in messages]


PAGE_PARAMETERS = [OpenApiParameter("limit", int), OpenApiParameter("cursor", str)]
"""What `shared.web.openapi` has a better description of, for all services."""

GIVEN = {"type": "string", "minLength": 1}
"""The schema of a parameter of the query that has to say something."""


def endpoint(
    permission: str | None,
    *,
    request: SerializerType | None = None,
    response: SerializerType | None = None,
    status: int = 200,
    page: bool = False,
    in_projects: bool = False,
    signed_in: bool = False,
    query: Sequence[OpenApiParameter | SerializerType] = (),
    media_type: str = JSON,
    also: Sequence[int] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a view method: its permission, what comes in, what goes out.

    The method gets `body` (validated) when there is a `request` serializer and `page` (a PageRequest) for lists. It
    returns the object, the `Page`, None (204) or a ready answer; the decorator serializes it and sets the entity tag.
    `permission=None` leaves the end point open to everybody; with `signed_in` to whoever can say who they are. With
    `in_projects` it is enough to hold the permission in one project, and the method itself asks whether it is the right
    one.

    For the document alone: `query` are parameters of the query beyond a page's, `media_type` is that of an answer that
    no serializer makes, and `also` are statuses that don't follow from the rest of the declaration.
    """

    def check(caller: Identity) -> None:
        if permission is not None:
            (ensure_allowed_somewhere if in_projects else ensure_allowed)(caller, permission)

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def run(view: APIView, drf_request: Request, **kwargs: Any) -> Any:
            if permission is not None:
                check(current().caller)
            if request is not None:
                incoming = request(data=drf_request.data)
                if errors := mistyped(incoming, drf_request.data):
                    raise exceptions.ValidationError(errors)
                incoming.is_valid(raise_exception=True)
                kwargs["body"] = incoming.validated_data
            if page:
                kwargs["page"] = page_request(drf_request)
            return _answer(method(view, drf_request, **kwargs), response, status)

        run.permission = permission  # type: ignore[attr-defined]
        if permission is not None:
            run.check = check  # type: ignore[attr-defined]  # Asked before an answer is given again.
        run.declared = openapi.declared(  # type: ignore[attr-defined]
            permission,
            anywhere=in_projects,
            is_open=permission is None and not signed_in,
            versioned=expected_version.__name__ in method.__code__.co_names,  # It asks for it, so it takes it.
        )
        answer: Any = _paged(response) if page and response else response
        success = answer if media_type == JSON else OpenApiTypes.STR
        return extend_schema(
            request=request,
            responses={(status, media_type): success} | {other: OpenApiResponse() for other in also},
            parameters=[*(PAGE_PARAMETERS if page else []), *query],
        )(run)

    return decorate


def _paged(serializer: SerializerType) -> Any:
    name = serializer.__name__ + "Page"
    fields = {"items": serializer(many=True), "next_cursor": serializers.CharField(allow_null=True)}
    return inline_serializer(name, fields)


def _answer(result: Any, serializer: SerializerType | None, status: int) -> Any:
    if isinstance(result, HttpResponseBase):
        return result
    if result is None:
        return Response(status=204)
    if isinstance(result, Page):
        items = serializer(result.items, many=True).data if serializer else list(result.items)
        return Response({"items": items, "next_cursor": result.next_cursor}, status)
    data = serializer(result).data if serializer else result
    tag = etag_of(dict(data)) if isinstance(data, dict) else None
    return Response(data, status, headers={"ETag": tag} if tag else None)


def page_request(request: Request) -> PageRequest:
    """The page asked for by `limit` and `cursor`."""
    return PageRequest.parse(request.query_params.get("limit"), request.query_params.get("cursor"))


def expected_version(request: Request) -> EntityTags | None:
    """The versions that `If-Match` names, None where the header is missing."""
    return parse_if_match(request.headers.get("If-Match"))

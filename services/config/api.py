"""End points of the config service: parse, call an operation, return."""

from __future__ import annotations

from typing import Any

from django.urls import path, register_converter
from rest_framework.request import Request
from rest_framework.response import Response

from services.config import flag_operations, operations
from services.config.domain.documents import NAME
from services.config.models import Environment, FlagRow, Layer, Revision
from services.config.repository import environments, flags, revisions
from services.config.schemas import (
    EffectiveOut,
    EnvironmentOut,
    ExplanationOut,
    FlagAnswer,
    FlagOut,
    FlagSet,
    LayerOut,
    LayerSet,
    Publication,
    RevisionOut,
    Rollback,
)
from shared.errors import BadRequest
from shared.settings import parse_flag
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint, expected_version

Body = dict[str, Any]
READ, WRITE = "config:read", "config:write"


class MissingParameter(BadRequest):
    """A query parameter that is needed."""

    code = "missing_parameter"


class InvalidParameter(BadRequest):
    """A query parameter that isn't what it should be."""

    code = "invalid_parameter"


class NameConverter:
    """Names in paths: lower-case letters, digits, `-`, `_` and `.`."""

    regex = NAME.pattern

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(NameConverter, "name")


class Layers(ApiView):
    """One layer of an environment."""

    @endpoint(WRITE, request=LayerSet, response=LayerOut)
    def put(self, request: Request, environment: str, layer: str, body: Body) -> Layer:
        return operations.set_layer(environment, layer, body["values"], expected_version(request))


class Environments(ApiView):
    """Environments of the tenant."""

    @endpoint(READ, response=EnvironmentOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Environment]:
        return environments.page(page)


class Publications(ApiView):
    """Publish the layers of an environment."""

    @endpoint(WRITE, request=Publication, response=RevisionOut, status=201)
    def post(self, request: Request, environment: str, body: Body) -> Revision:
        return operations.publish(environment, body["schema"])


class Rollbacks(ApiView):
    """Publish an earlier revision again."""

    @endpoint(WRITE, request=Rollback, response=RevisionOut, status=201)
    def post(self, request: Request, environment: str, body: Body) -> Revision:
        return operations.roll_back(environment, body["revision"])


class History(ApiView):
    """Every revision of an environment, oldest first."""

    @endpoint(READ, response=RevisionOut, page=True)
    def get(self, request: Request, environment: str, page: PageRequest) -> Page[Revision]:
        return revisions.page(page, environment=environments.named(environment))


class Explanation(ApiView):
    """What would be published, and why."""

    @endpoint(READ, response=ExplanationOut)
    def get(self, request: Request, environment: str) -> Body:
        return operations.explain(environment)


class Effective(ApiView):
    """The configuration in force."""

    @endpoint(READ, response=EffectiveOut)
    def get(self, request: Request) -> Response:
        environment = _parameter(request, "environment")
        resolve = _flag(request.query_params.get("resolve", "false"))
        document = operations.read(environment, resolve)
        return Response(EffectiveOut(document).data, headers={"Cache-Control": "no-store"} if resolve else None)


class Flags(ApiView):
    """Flags of the tenant."""

    @endpoint(READ, response=FlagOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[FlagRow]:
        return flags.page(page)


class OneFlag(ApiView):
    """One flag."""

    @endpoint(READ, response=FlagOut)
    def get(self, request: Request, name: str) -> FlagRow:
        return flags.named(name)

    @endpoint(WRITE, request=FlagSet, response=FlagOut)
    def put(self, request: Request, name: str, body: Body) -> FlagRow:
        return flag_operations.set_flag(name, body["enabled"], body["percentage"])


class FlagEvaluation(ApiView):
    """Whether a flag is on for a subject."""

    @endpoint(READ, response=FlagAnswer)
    def get(self, request: Request, name: str) -> Body:
        subject = _parameter(request, "subject")
        return {"flag": name, "subject": subject, "enabled": flag_operations.evaluate(name, subject)}


def _parameter(request: Request, name: str) -> str:
    """A query parameter. Raises MissingParameter."""
    value: str = request.query_params.get(name, "")
    if not value:
        raise MissingParameter(f"the query parameter {name} is needed")
    return value


def _flag(text: str) -> bool:
    """A query parameter that is true or false. Raises InvalidParameter."""
    try:
        return parse_flag(text)
    except ValueError as error:
        raise InvalidParameter("resolve is true or false") from error


urlpatterns = [
    path("v1/layers/<name:environment>/<str:layer>", Layers.as_view()),
    path("v1/environments", Environments.as_view()),
    path("v1/environments/<name:environment>/publish", Publications.as_view()),
    path("v1/environments/<name:environment>/rollback", Rollbacks.as_view()),
    path("v1/environments/<name:environment>/history", History.as_view()),
    path("v1/environments/<name:environment>/explanation", Explanation.as_view()),
    path("v1/effective", Effective.as_view()),
    path("v1/flags", Flags.as_view()),
    path("v1/flags/<name:name>", OneFlag.as_view()),
    path("v1/flags/<name:name>/evaluate", FlagEvaluation.as_view()),
]

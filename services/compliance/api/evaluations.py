"""Evaluations and the results that are kept of them."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.compliance.api.common import READ, Body, View
from services.compliance.models import Result
from services.compliance.operations.evaluations import evaluate, evaluate_batch
from services.compliance.ports import Ports
from services.compliance.repository import results
from services.compliance.schemas import BatchOut, EvaluationBatch, EvaluationRequest, ResultOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint

FILTERS = ("resource_id", "resource_type", "action", "audit")


class Evaluations(View):
    """Decisions. A refusal is an answer, not an error: who asked refuses."""

    @endpoint(READ, request=EvaluationRequest, response=ResultOut)
    def post(self, request: Request, body: Body) -> Result:
        return evaluate(self.ports, body["action"], body["resource_type"], body["resource"])


class Batch(View):
    """Decisions on several resources at once. What no policy speaks against is counted, and has no result."""

    @endpoint(READ, request=EvaluationBatch, response=BatchOut)
    def post(self, request: Request, body: Body) -> dict[str, Any]:
        return evaluate_batch(self.ports, body["action"], body["resource_type"], body["resources"])


class Results(View):
    """Every decision that was made, filtered by `resource_id`, `resource_type`, `action` or `audit`."""

    @endpoint(READ, response=ResultOut, page=True, query=[OpenApiParameter(name, str) for name in FILTERS])
    def get(self, request: Request, page: PageRequest) -> Page[Result]:
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return results.page(page, **filters)


class OneResult(View):
    """One decision."""

    @endpoint(READ, response=ResultOut)
    def get(self, request: Request, id: str) -> Result:
        return results.get(id)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of evaluations and results."""
    return [
        path("v1/evaluations", Evaluations.as_view(ports=ports)),
        path("v1/evaluations/batch", Batch.as_view(ports=ports)),
        path("v1/results", Results.as_view(ports=ports)),
        path("v1/results/<str:id>", OneResult.as_view(ports=ports)),
    ]

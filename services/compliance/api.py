"""End points of the compliance service: parse, call an operation, return."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request

from services.compliance import operations
from services.compliance.models import AuditRun, ExemptionRow, PolicyRow, Result
from services.compliance.repository import audits, exemptions, policies, results
from services.compliance.schemas import (
    AuditOut,
    AuditRunOut,
    EvaluationRequest,
    ExemptionCreate,
    ExemptionOut,
    PolicyCreate,
    PolicyOut,
    PolicyUpdate,
    ResultOut,
)
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint, expected_version

Body = dict[str, Any]
READ, WRITE = "compliance:read", "compliance:write"
FILTERS = ("resource_id", "resource_type", "action", "audit")


class Policies(ApiView):
    """Policies of the tenant."""

    @endpoint(READ, response=PolicyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[PolicyRow]:
        return policies.page(page)

    @endpoint(WRITE, request=PolicyCreate, response=PolicyOut, status=201)
    def post(self, request: Request, body: Body) -> PolicyRow:
        return operations.create_policy(body)


class OnePolicy(ApiView):
    """One policy."""

    @endpoint(READ, response=PolicyOut)
    def get(self, request: Request, id: str) -> PolicyRow:
        return policies.get(id)

    @endpoint(WRITE, request=PolicyUpdate, response=PolicyOut)
    def patch(self, request: Request, id: str, body: Body) -> PolicyRow:
        return operations.change_policy(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_policy(id)


class Evaluations(ApiView):
    """Decisions. A refusal is an answer, not an error: who asked refuses."""

    @endpoint(READ, request=EvaluationRequest, response=ResultOut)
    def post(self, request: Request, body: Body) -> Result:
        return operations.evaluate(body["action"], body["resource_type"], body["resource"])


class Results(ApiView):
    """Every decision that was made, filtered by `resource_id`, `resource_type`, `action` or `audit`."""

    @endpoint(READ, response=ResultOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Result]:
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return results.page(page, **filters)


class OneResult(ApiView):
    """One decision."""

    @endpoint(READ, response=ResultOut)
    def get(self, request: Request, id: str) -> Result:
        return results.get(id)


class Exemptions(ApiView):
    """Exemptions."""

    @endpoint(READ, response=ExemptionOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[ExemptionRow]:
        return exemptions.page(page)

    @endpoint(WRITE, request=ExemptionCreate, response=ExemptionOut, status=201)
    def post(self, request: Request, body: Body) -> ExemptionRow:
        return operations.exempt(body["policy_id"], body["resource_id"], body["reason"], body["expires_at"])


class OneExemption(ApiView):
    """One exemption."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.end_exemption(id)


class Audits(ApiView):
    """Audits of all known resources."""

    @endpoint(READ, response=AuditRunOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[AuditRun]:
        return audits.page(page)

    @endpoint(WRITE, response=AuditOut, status=201)
    def post(self, request: Request) -> Body:
        return operations.audit()


class LatestScore(ApiView):
    """The newest audit."""

    @endpoint(READ, response=AuditRunOut)
    def get(self, request: Request) -> AuditRun:
        return audits.latest()


urlpatterns = [
    path("v1/policies", Policies.as_view()),
    path("v1/policies/<str:id>", OnePolicy.as_view()),
    path("v1/evaluations", Evaluations.as_view()),
    path("v1/results", Results.as_view()),
    path("v1/results/<str:id>", OneResult.as_view()),
    path("v1/exemptions", Exemptions.as_view()),
    path("v1/exemptions/<str:id>", OneExemption.as_view()),
    path("v1/audits", Audits.as_view()),
    path("v1/score", LatestScore.as_view()),
]

"""End points of the audit service: parse, call an operation, return."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.http import StreamingHttpResponse
from django.urls import path
from rest_framework.request import Request

from services.audit import operations, repository
from services.audit.models import AuditRecord
from services.audit.schemas import RecordOut, VerificationOut
from services.audit.state import checkpoint_store
from shared.kernel.context import current_tenant
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint

FILTERS = ("subject", "type", "actor", "correlation_id")


class Records(ApiView):
    """The tenant's trail, filtered by `subject`, `type`, `actor` or `correlation_id`."""

    @endpoint("audit:read", response=RecordOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[AuditRecord]:
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return repository.page(current_tenant(), page, filters)


class OneRecord(ApiView):
    """One record by its place in the chain."""

    @endpoint("audit:read", response=RecordOut)
    def get(self, request: Request, sequence: int) -> AuditRecord:
        return repository.one(current_tenant(), sequence)


class Verifications(ApiView):
    """Check the tenant's whole chain now."""

    @endpoint("audit:read", response=VerificationOut)
    def post(self, request: Request) -> dict[str, Any]:
        result, known = operations.verify_chain(current_tenant(), checkpoint_store())
        return {**asdict(result), "checkpoint": asdict(known)}


class Export(ApiView):
    """The whole trail as newline-delimited JSON, ready to be verified elsewhere."""

    @endpoint("audit:read")
    def get(self, request: Request) -> StreamingHttpResponse:
        tenant_id = current_tenant()
        lines = (json.dumps(record) + "\n" for record in operations.export(tenant_id))
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")


urlpatterns = [
    path("v1/records", Records.as_view()),
    path("v1/records/<int:sequence>", OneRecord.as_view()),
    path("v1/verifications", Verifications.as_view()),
    path("v1/export", Export.as_view()),
]

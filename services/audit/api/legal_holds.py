"""Legal holds: records that are kept whatever their age."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.audit.api.common import READ, WRITE, View
from services.audit.domain.chain import record_time
from services.audit.models import LegalHold
from services.audit.operations.legal_holds import place_hold, release_hold
from services.audit.ports import Ports
from services.audit.repository import legal_holds
from services.audit.schemas import LegalHoldIn, LegalHoldOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class LegalHolds(View):
    """The tenant's legal legal_holds."""

    @endpoint(READ, response=LegalHoldOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[LegalHold]:
        return legal_holds.page(page)

    @endpoint(WRITE, request=LegalHoldIn, response=LegalHoldOut, status=201)
    def post(self, request: Request, body: dict[str, Any]) -> LegalHold:
        begins, ends = (record_time(body[name]) if body[name] else None for name in ("begins_at", "ends_at"))
        return place_hold(body["reason"], body["subject"], body["actor"], begins, ends)


class OneLegalHold(View):
    """One legal hold; deleting it releases its records."""

    @endpoint(READ, response=LegalHoldOut)
    def get(self, request: Request, id: str) -> LegalHold:
        return legal_holds.get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        release_hold(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of legal legal_holds."""
    return [
        path("v1/legal-holds", LegalHolds.as_view(ports=ports)),
        path("v1/legal-holds/<str:id>", OneLegalHold.as_view(ports=ports)),
    ]

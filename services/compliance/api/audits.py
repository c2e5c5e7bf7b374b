"""Audits and the score of the newest."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.compliance.api.common import READ, WRITE, Body, View
from services.compliance.models import AuditRun
from services.compliance.operations.audits import run_audit
from services.compliance.ports import Ports
from services.compliance.repository import audits
from services.compliance.schemas import AuditOut, AuditRunOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint


class Audits(View):
    """Audits of all known resources."""

    @endpoint(READ, response=AuditRunOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[AuditRun]:
        return audits.page(page)

    @endpoint(WRITE, response=AuditOut, status=201)
    def post(self, request: Request) -> Body:
        return run_audit(self.ports)


class LatestScore(View):
    """The newest audit."""

    @endpoint(READ, response=AuditRunOut)
    def get(self, request: Request) -> AuditRun:
        return audits.latest()


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of audits and the score."""
    return [
        path("v1/audits", Audits.as_view(ports=ports)),
        path("v1/score", LatestScore.as_view(ports=ports)),
    ]

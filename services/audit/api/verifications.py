"""Verifications of the tenant's chain."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.audit.api.common import READ, View
from services.audit.operations.verifications import verify_chain
from services.audit.ports import Ports
from services.audit.schemas import VerificationOut
from shared.kernel.context import current_tenant
from shared.web.django_views import endpoint


class Verifications(View):
    """Check the tenant's whole chain now."""

    @endpoint(READ, response=VerificationOut)
    def post(self, request: Request) -> dict[str, Any]:
        result, known = verify_chain(self.ports, current_tenant())
        return {**asdict(result), "complete": result.complete, "checkpoint": asdict(known)}


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of verifications."""
    return [path("v1/verifications", Verifications.as_view(ports=ports))]

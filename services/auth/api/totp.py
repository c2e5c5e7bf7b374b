"""The caller's second factor."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.auth.api.common import Body, SecretView, View
from services.auth.operations import totp as operations
from services.auth.ports import Ports
from services.auth.schemas import TotpCode, TotpEnrolment, TotpState
from shared.kernel.context import current
from shared.web.django_views import endpoint


class Enrolment(SecretView):
    """Its secret."""

    @endpoint(None, response=TotpEnrolment, status=201)
    def post(self, request: Request) -> Body:
        return dict(operations.enrol_totp(self.ports, current().caller.subject))


class Verification(View):
    """Switched on by its first code."""

    @endpoint(None, request=TotpCode, response=TotpState)
    def post(self, request: Request, body: Body) -> Body:
        operations.verify_totp(self.ports, current().caller.subject, body["code"])
        return {"enabled": True}


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of second factors."""
    return [
        path("v1/totp/enrol", Enrolment.as_view(ports=ports)),
        path("v1/totp/verify", Verification.as_view(ports=ports)),
    ]

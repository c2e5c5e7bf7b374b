"""The caller's own account."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.auth.api.common import Body, View, client_address
from services.auth.domain.lockout import InvalidCredentials
from services.auth.operations import me as operations
from services.auth.ports import Ports
from services.auth.schemas import Me, PasswordChange
from shared.kernel.context import current
from shared.kernel.identity import Identity
from shared.web.django_views import endpoint


class WhoAmI(View):
    """The caller."""

    @endpoint(None, signed_in=True, response=Me)
    def get(self, request: Request) -> Identity:
        return current().caller


class OwnPassword(View):
    """One's own password."""

    @endpoint(None, signed_in=True, request=PasswordChange, status=204)
    def post(self, request: Request, body: Body) -> Any:
        subject, address = current().caller.subject, client_address(request)
        try:
            operations.change_password(self.ports, subject, body["current_password"], body["new_password"], address)
        except InvalidCredentials as refusal:  # answered, not raised: the counted failure stays
            return self.committed_refusal(request, refusal)
        return None


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of one's own account."""
    return [
        path("v1/me", WhoAmI.as_view(ports=ports)),
        path("v1/me/password", OwnPassword.as_view(ports=ports)),
    ]

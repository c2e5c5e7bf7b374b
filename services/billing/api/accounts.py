"""The account: how the tenant is billed."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.models import Account
from services.billing.operations.accounts import change_account
from services.billing.ports import Ports
from services.billing.repository import accounts
from services.billing.schemas import AccountChange, AccountOut
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class OneAccount(View):
    """The tenant's one account."""

    @endpoint(READ, response=AccountOut)
    def get(self, request: Request) -> Account:
        return accounts.mine()

    @endpoint(PLATFORM, request=AccountChange, response=AccountOut)
    def patch(self, request: Request, body: Body) -> Account:
        return change_account(body, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The account's routes."""
    return [path("v1/account", OneAccount.as_view(ports=ports))]

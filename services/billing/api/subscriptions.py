"""Plans that the tenant pays for by the month."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.models import SubscriptionRow
from services.billing.operations.subscriptions import change_plan, end_subscription, subscribe
from services.billing.ports import Ports
from services.billing.repository import subscriptions
from services.billing.schemas import PlanChange, SubscriptionEnd, SubscriptionIn, SubscriptionOut
from shared.utils.money import Money
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Subscriptions(View):
    """Plans that the tenant holds or held."""

    @endpoint(READ, response=SubscriptionOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[SubscriptionRow]:
        return subscriptions.page(page)

    @endpoint(PLATFORM, request=SubscriptionIn, response=SubscriptionOut, status=201)
    def post(self, request: Request, body: Body) -> SubscriptionRow:
        return subscribe(self.ports, body["plan"], Money(body["fee"], body["currency"]), body.get("started_at"))


class OneSubscription(View):
    """One subscription."""

    @endpoint(READ, response=SubscriptionOut)
    def get(self, request: Request, id: str) -> SubscriptionRow:
        return subscriptions.get(id)


class SubscriptionEnding(View):
    """The end of one: it is billed up to there."""

    @endpoint(PLATFORM, request=SubscriptionEnd, response=SubscriptionOut)
    def post(self, request: Request, id: str, body: Body) -> SubscriptionRow:
        return end_subscription(self.ports, id, body.get("ended_at"), expected_version(request))


class SubscriptionChange(View):
    """Another plan instead of it: the answer is the subscription that follows."""

    @endpoint(PLATFORM, request=PlanChange, response=SubscriptionOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> SubscriptionRow:
        fee = Money(body["fee"], body["currency"])
        return change_plan(self.ports, id, body["plan"], fee, body.get("changed_at"), expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of subscriptions."""
    return [
        path("v1/subscriptions", Subscriptions.as_view(ports=ports)),
        path("v1/subscriptions/<str:id>", OneSubscription.as_view(ports=ports)),
        path("v1/subscriptions/<str:id>/end", SubscriptionEnding.as_view(ports=ports)),
        path("v1/subscriptions/<str:id>/change", SubscriptionChange.as_view(ports=ports)),
    ]

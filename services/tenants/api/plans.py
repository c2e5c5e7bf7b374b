"""Plans: what there is to choose from."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import READ, View
from services.tenants.domain.plans import PLANS, Plan
from services.tenants.ports import Ports
from services.tenants.schemas import PlanOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint


class Plans(View):
    """All plans, in one page."""

    @endpoint(READ, response=PlanOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Plan]:
        return Page(list(PLANS.values()))


def routes(ports: Ports) -> list[URLPattern]:
    """The route of plans."""
    return [path("v1/plans", Plans.as_view(ports=ports))]

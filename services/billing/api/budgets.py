"""Budgets of the tenant's own, and their alerts."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, WRITE, Body, View
from services.billing.models import BudgetAlert, BudgetRow
from services.billing.operations.budgets import change_budget, create_budget, delete_budget
from services.billing.ports import Ports
from services.billing.repository import alerts, budgets
from services.billing.schemas import AlertOut, BudgetChange, BudgetIn, BudgetOut
from shared.utils.money import Money
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Budgets(View):
    """What the tenant means to spend in each billing period."""

    @endpoint(READ, response=BudgetOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[BudgetRow]:
        return budgets.page(page)

    @endpoint(WRITE, request=BudgetIn, response=BudgetOut, status=201)
    def post(self, request: Request, body: Body) -> BudgetRow:
        return create_budget(body["name"], Money(body["amount"], body["currency"]), body["thresholds"])


class OneBudget(View):
    """One budget."""

    @endpoint(READ, response=BudgetOut)
    def get(self, request: Request, id: str) -> BudgetRow:
        return budgets.get(id)

    @endpoint(WRITE, request=BudgetChange, response=BudgetOut)
    def patch(self, request: Request, id: str, body: Body) -> BudgetRow:
        amount = Money(body["amount"], body["currency"]) if "amount" in body else None
        return change_budget(id, body.get("name"), amount, body.get("thresholds"), expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        delete_budget(id, expected_version(request))


class BudgetAlerts(View):
    """What was told of a budget: each threshold once a period."""

    @endpoint(READ, response=AlertOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[BudgetAlert]:
        return alerts.page(page, budget=budgets.get(id))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of budgets."""
    return [
        path("v1/budgets", Budgets.as_view(ports=ports)),
        path("v1/budgets/<str:id>", OneBudget.as_view(ports=ports)),
        path("v1/budgets/<str:id>/alerts", BudgetAlerts.as_view(ports=ports)),
    ]

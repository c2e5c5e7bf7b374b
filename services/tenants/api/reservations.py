"""Claims on quotas, made by the platform's services for a tenant."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import Body, View
from services.tenants.models import Reservation
from services.tenants.operations import reservations as operations
from services.tenants.ports import Ports
from services.tenants.repository import reservations
from services.tenants.schemas import ReservationCreate, ReservationOut, UnchangedQuery, UnchangedReservation
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import INTERNAL


class Reservations(View):
    """The tenant's claims."""

    @endpoint(INTERNAL, response=ReservationOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Reservation]:
        return reservations.page(page)

    @endpoint(INTERNAL, request=ReservationCreate, response=ReservationOut, status=201)
    def post(self, request: Request, body: Body) -> Reservation:
        names = ("resource", "amount", "reservation_id", "project_id")
        return operations.reserve(self.ports, *(body[name] for name in names))


class OneReservation(View):
    """One claim."""

    @endpoint(INTERNAL, response=ReservationOut)
    def get(self, request: Request, reservation_id: str) -> Reservation:
        return reservations.named(reservation_id)


class ReservationCommit(View):
    """The claimed resource exists."""

    @endpoint(INTERNAL, response=ReservationOut)
    def post(self, request: Request, reservation_id: str) -> Reservation:
        return operations.commit(reservation_id, expected_version(request))


class ReservationRelease(View):
    """The claimed resource is gone, or was never made."""

    @endpoint(INTERNAL, response=ReservationOut)
    def post(self, request: Request, reservation_id: str) -> Reservation:
        return operations.release(reservation_id, expected_version(request))


class UnchangedReservations(View):
    """Claims of all tenants (asked from the platform's), for services that compare them with what exists."""

    @endpoint(INTERNAL, response=UnchangedReservation, page=True, query=[UnchangedQuery])
    def get(self, request: Request, page: PageRequest) -> Page[Reservation]:
        asked = UnchangedQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query = asked.validated_data
        return operations.unchanged(self.ports, query["resource"], query["unchanged_for_seconds"], page)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of claims."""
    one = "v1/quota/reservations/<str:reservation_id>"
    return [
        path("v1/quota/reservations", Reservations.as_view(ports=ports)),
        path(one, OneReservation.as_view(ports=ports)),
        path(f"{one}/commit", ReservationCommit.as_view(ports=ports)),
        path(f"{one}/release", ReservationRelease.as_view(ports=ports)),
        path("v1/reservations", UnchangedReservations.as_view(ports=ports)),
    ]

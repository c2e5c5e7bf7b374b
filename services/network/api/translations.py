"""End points of NAT gateways at work: packets out, packets in, and the connections that they belong to."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import Translation
from services.network.operations import translations
from services.network.ports import Ports
from services.network.repository import NatGatewayRepository, TranslationRepository
from services.network.schemas import IncomingPacket, OutgoingPacket, TranslationOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint


class Translations(View):
    """The connections that a gateway follows; a packet on its way out belongs to one, or begins it."""

    @endpoint(READ, response=TranslationOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Translation]:
        gateway, now = NatGatewayRepository().get(id), self.ports.clock.now()
        return TranslationRepository().page(page, gateway_id=gateway.id, expires_at__gt=now)

    @endpoint(WRITE, request=OutgoingPacket, response=TranslationOut)
    def post(self, request: Request, id: str, body: Body) -> Translation:
        return translations.translate(self.ports, id, body)


class IncomingPackets(View):
    """A packet from elsewhere: it gets in where it belongs to a connection."""

    @endpoint(WRITE, request=IncomingPacket, response=TranslationOut)
    def post(self, request: Request, id: str, body: Body) -> Translation:
        return translations.accept(self.ports, id, body)


class OneTranslation(View):
    """One connection."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, translation_id: str) -> None:
        translations.end_translation(id, translation_id)


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/nat-gateways/<str:id>/translations", Translations.as_view(ports=ports)),
        path("v1/nat-gateways/<str:id>/translations/incoming", IncomingPackets.as_view(ports=ports)),
        path("v1/nat-gateways/<str:id>/translations/<str:translation_id>", OneTranslation.as_view(ports=ports)),
    ]

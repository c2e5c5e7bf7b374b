"""The end point of the firewall's verdict."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, Body, View
from services.network.domain.firewall import FirewallVerdict
from services.network.operations import firewall
from services.network.ports import Ports
from services.network.schemas import FirewallQuestion, FirewallVerdictOut
from shared.web.django_views import endpoint


class FirewallEvaluation(View):
    """What the access list and the security groups decide about a packet. Nothing is changed by asking."""

    @endpoint(READ, request=FirewallQuestion, response=FirewallVerdictOut)
    def post(self, request: Request, body: Body) -> FirewallVerdict:
        return firewall.evaluate(
            body["subnet_id"], body["security_group_ids"], firewall.packet_from(body), body["peer_groups"]
        )


def routes(ports: Ports) -> list[URLPattern]:
    """Its path."""
    return [path("v1/firewall/evaluate", FirewallEvaluation.as_view(ports=ports))]

"""Layers of an environment, edited one by one and seen once they are published."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.config.api.common import WRITE, Body, View
from services.config.models import Layer
from services.config.operations.layers import set_layer
from services.config.ports import Ports
from services.config.schemas import LayerOut, LayerSet
from shared.web.django_views import endpoint, expected_version


class OneLayer(View):
    """One of the four layers of an environment; the first makes the environment, of which a tenant has at most 100."""

    @endpoint(WRITE, request=LayerSet, response=LayerOut)
    def put(self, request: Request, environment: str, layer: str, body: Body) -> Layer:
        return set_layer(environment, layer, body["values"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of layers."""
    return [path("v1/layers/<name:environment>/<str:layer>", OneLayer.as_view(ports=ports))]

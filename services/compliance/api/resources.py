"""Resources that audits know of, and how they stand."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.compliance.api.common import READ, View
from services.compliance.models import KnownResource
from services.compliance.ports import Ports
from services.compliance.repository import resources
from services.compliance.schemas import ResourceOut
from shared.errors import ValidationFailed
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint

FILTERS = ("resource_id", "resource_type")
COMPLIANT = {"true": True, "false": False}
QUERY = (*(OpenApiParameter(name, str) for name in FILTERS), OpenApiParameter("compliant", bool))


class Resources(View):
    """Resources that there are, filtered by `resource_type`, `resource_id` or `compliant`."""

    @endpoint(READ, response=ResourceOut, page=True, query=QUERY)
    def get(self, request: Request, page: PageRequest) -> Page[KnownResource]:
        asked = request.query_params
        filters: dict[str, object] = {name: asked[name] for name in FILTERS if name in asked}
        if "compliant" in asked:
            if asked["compliant"] not in COMPLIANT:
                raise ValidationFailed("compliant is true or false")
            filters["compliant"] = COMPLIANT[asked["compliant"]]
        return resources.page(page, deleted=False, **filters)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of resources."""
    return [path("v1/resources", Resources.as_view(ports=ports))]

"""Revisions of an environment: publish, roll back, look back."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.config.api.common import READ, WRITE, Body, View
from services.config.models import Revision
from services.config.operations.revisions import publish_revision, roll_back
from services.config.ports import Ports
from services.config.repository import environments, revisions
from services.config.schemas import Publication, RevisionOut, Rollback
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Publications(View):
    """Publish the layers of an environment. `If-Match` is the environment's version: nobody published since."""

    @endpoint(WRITE, request=Publication, response=RevisionOut, status=201)
    def post(self, request: Request, environment: str, body: Body) -> Revision:
        return publish_revision(self.ports, environment, body["schema"], expected_version(request))


class Rollbacks(View):
    """Publish an earlier revision again. `If-Match` is the environment's version."""

    @endpoint(WRITE, request=Rollback, response=RevisionOut, status=201)
    def post(self, request: Request, environment: str, body: Body) -> Revision:
        return roll_back(self.ports, environment, body["revision"], expected_version(request))


class History(View):
    """Every revision of an environment, in order of their numbers."""

    @endpoint(READ, response=RevisionOut, page=True)
    def get(self, request: Request, environment: str, page: PageRequest) -> Page[Revision]:
        return revisions.history(environments.named(environment), page)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of revisions."""
    return [
        path("v1/environments/<name:environment>/publish", Publications.as_view(ports=ports)),
        path("v1/environments/<name:environment>/rollback", Rollbacks.as_view(ports=ports)),
        path("v1/environments/<name:environment>/history", History.as_view(ports=ports)),
    ]

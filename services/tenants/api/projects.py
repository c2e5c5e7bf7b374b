"""Projects of the tenant. Who has a role in a project only may act in it and below it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import READ, WRITE, Body, View
from services.tenants.models import Project
from services.tenants.operations import projects as operations
from services.tenants.ports import Ports
from services.tenants.schemas import ProjectCreate, ProjectOut, ProjectUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.input import parse_json


class Projects(View):
    """All projects that the caller may read."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Whether the caller may still make projects there. Raises Forbidden."""
        operations.ensure_allowed_in(WRITE, parse_json(request.body).get("parent_id"))

    @endpoint(READ, response=ProjectOut, page=True, in_projects=True)
    def get(self, request: Request, page: PageRequest) -> Page[Project]:
        return operations.readable_projects(page)

    @endpoint(WRITE, request=ProjectCreate, response=ProjectOut, status=201, in_projects=True)
    def post(self, request: Request, body: Body) -> Project:
        return operations.create_project(self.ports, body["name"], body["parent_id"])


class OneProject(View):
    """One project."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Whether the caller may still change it; what is gone lies nowhere. Raises Forbidden."""
        operations.ensure_allowed_while_there(WRITE, kwargs["id"])

    @endpoint(READ, response=ProjectOut, in_projects=True)
    def get(self, request: Request, id: str) -> Project:
        return operations.read_project(id)

    @endpoint(WRITE, request=ProjectUpdate, response=ProjectOut, in_projects=True)
    def patch(self, request: Request, id: str, body: Body) -> Project:
        return operations.update_project(id, body, expected_version(request))

    @endpoint(WRITE, status=204, in_projects=True)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_project(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of projects."""
    return [
        path("v1/projects", Projects.as_view(ports=ports)),
        path("v1/projects/<str:id>", OneProject.as_view(ports=ports)),
    ]

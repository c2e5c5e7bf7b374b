"""Projects of the tenant."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import READ, WRITE, Body, View
from services.tenants.models import Project
from services.tenants.operations import projects as operations
from services.tenants.ports import Ports
from services.tenants.repository import projects
from services.tenants.schemas import ProjectCreate, ProjectOut, ProjectUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Projects(View):
    """All projects."""

    @endpoint(READ, response=ProjectOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Project]:
        return projects.page(page)

    @endpoint(WRITE, request=ProjectCreate, response=ProjectOut, status=201)
    def post(self, request: Request, body: Body) -> Project:
        return operations.create_project(self.ports, body["name"], body["parent_id"])


class OneProject(View):
    """One project."""

    @endpoint(READ, response=ProjectOut)
    def get(self, request: Request, id: str) -> Project:
        return projects.get(id)

    @endpoint(WRITE, request=ProjectUpdate, response=ProjectOut)
    def patch(self, request: Request, id: str, body: Body) -> Project:
        return operations.update_project(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_project(id)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of projects."""
    return [
        path("v1/projects", Projects.as_view(ports=ports)),
        path("v1/projects/<str:id>", OneProject.as_view(ports=ports)),
    ]

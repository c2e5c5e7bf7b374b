"""End points of access lists and their rules."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import Acl, AclRule
from services.network.operations import acls
from services.network.ports import Ports
from services.network.repository import AclRepository
from services.network.schemas import AclOut, AclRuleCreate, AclRuleOut, NamedInVpc
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Acls(View):
    """The tenant's access lists."""

    @endpoint(READ, response=AclOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Acl]:
        return AclRepository().page(page)

    @endpoint(WRITE, request=NamedInVpc, response=AclOut, status=201)
    def post(self, request: Request, body: Body) -> Acl:
        return acls.create_acl(**body)


class OneAcl(View):
    """One access list."""

    @endpoint(READ, response=AclOut)
    def get(self, request: Request, id: str) -> Acl:
        return AclRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        acls.delete_acl(id, expected_version(request))


class AclRules(View):
    """New rules of an access list."""

    @endpoint(WRITE, request=AclRuleCreate, response=AclRuleOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> AclRule:
        return acls.add_rule(id, body, expected_version(request))


class OneAclRule(View):
    """One rule of an access list."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, rule_id: str) -> None:
        acls.delete_rule(id, rule_id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/acls", Acls.as_view(ports=ports)),
        path("v1/acls/<str:id>", OneAcl.as_view(ports=ports)),
        path("v1/acls/<str:id>/rules", AclRules.as_view(ports=ports)),
        path("v1/acls/<str:id>/rules/<str:rule_id>", OneAclRule.as_view(ports=ports)),
    ]

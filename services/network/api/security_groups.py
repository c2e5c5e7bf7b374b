"""End points of security groups and their rules."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import SecurityGroup, SecurityGroupRule
from services.network.operations import security_groups
from services.network.ports import Ports
from services.network.repository import SecurityGroupRepository
from services.network.schemas import GroupRuleCreate, GroupRuleOut, NamedInVpc, SecurityGroupOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class SecurityGroups(View):
    """The tenant's security groups."""

    @endpoint(READ, response=SecurityGroupOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[SecurityGroup]:
        return SecurityGroupRepository().page(page)

    @endpoint(WRITE, request=NamedInVpc, response=SecurityGroupOut, status=201)
    def post(self, request: Request, body: Body) -> SecurityGroup:
        return security_groups.create_security_group(**body)


class OneSecurityGroup(View):
    """One security group."""

    @endpoint(READ, response=SecurityGroupOut)
    def get(self, request: Request, id: str) -> SecurityGroup:
        return SecurityGroupRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        security_groups.delete_security_group(id, expected_version(request))


class GroupRules(View):
    """New rules of a security group."""

    @endpoint(WRITE, request=GroupRuleCreate, response=GroupRuleOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> SecurityGroupRule:
        return security_groups.add_rule(id, body, expected_version(request))


class OneGroupRule(View):
    """One rule of a security group."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, rule_id: str) -> None:
        security_groups.delete_rule(id, rule_id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/security-groups", SecurityGroups.as_view(ports=ports)),
        path("v1/security-groups/<str:id>", OneSecurityGroup.as_view(ports=ports)),
        path("v1/security-groups/<str:id>/rules", GroupRules.as_view(ports=ports)),
        path("v1/security-groups/<str:id>/rules/<str:rule_id>", OneGroupRule.as_view(ports=ports)),
    ]

"""End points of access lists, security groups and the firewall's verdict."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request

from services.network.domain.firewall import FirewallVerdict
from services.network.models import Acl, AclRule, SecurityGroup, SecurityGroupRule
from services.network.operations import firewall
from services.network.repository import AclRepository, SecurityGroupRepository
from services.network.schemas import (
    AclOut,
    AclRuleCreate,
    AclRuleOut,
    FirewallQuestion,
    FirewallVerdictOut,
    GroupRuleCreate,
    GroupRuleOut,
    NamedInVpc,
    SecurityGroupOut,
)
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


class Acls(ApiView):
    """The tenant's access lists."""

    @endpoint(READ, response=AclOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Acl]:
        return AclRepository().page(page)

    @endpoint(WRITE, request=NamedInVpc, response=AclOut, status=201)
    def post(self, request: Request, body: Body) -> Acl:
        return firewall.create_acl(**body)


class OneAcl(ApiView):
    """One access list."""

    @endpoint(READ, response=AclOut)
    def get(self, request: Request, id: str) -> Acl:
        return AclRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        firewall.delete_acl(id)


class AclRules(ApiView):
    """New rules of an access list."""

    @endpoint(WRITE, request=AclRuleCreate, response=AclRuleOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> AclRule:
        return firewall.add_acl_rule(id, body)


class OneAclRule(ApiView):
    """One rule of an access list."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, rule_id: str) -> None:
        firewall.delete_acl_rule(id, rule_id)


class SecurityGroups(ApiView):
    """The tenant's security groups."""

    @endpoint(READ, response=SecurityGroupOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[SecurityGroup]:
        return SecurityGroupRepository().page(page)

    @endpoint(WRITE, request=NamedInVpc, response=SecurityGroupOut, status=201)
    def post(self, request: Request, body: Body) -> SecurityGroup:
        return firewall.create_security_group(**body)


class OneSecurityGroup(ApiView):
    """One security group."""

    @endpoint(READ, response=SecurityGroupOut)
    def get(self, request: Request, id: str) -> SecurityGroup:
        return SecurityGroupRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        firewall.delete_security_group(id)


class GroupRules(ApiView):
    """New rules of a security group."""

    @endpoint(WRITE, request=GroupRuleCreate, response=GroupRuleOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> SecurityGroupRule:
        return firewall.add_group_rule(id, body)


class OneGroupRule(ApiView):
    """One rule of a security group."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, rule_id: str) -> None:
        firewall.delete_group_rule(id, rule_id)


class FirewallEvaluation(ApiView):
    """What the access list and the security groups decide about a packet. Nothing is changed by asking."""

    @endpoint(READ, request=FirewallQuestion, response=FirewallVerdictOut)
    def post(self, request: Request, body: Body) -> FirewallVerdict:
        return firewall.evaluate(
            body["subnet_id"], body["security_group_ids"], firewall.packet_from(body), body["peer_groups"]
        )


urlpatterns = [
    path("v1/acls", Acls.as_view()),
    path("v1/acls/<str:id>", OneAcl.as_view()),
    path("v1/acls/<str:id>/rules", AclRules.as_view()),
    path("v1/acls/<str:id>/rules/<str:rule_id>", OneAclRule.as_view()),
    path("v1/security-groups", SecurityGroups.as_view()),
    path("v1/security-groups/<str:id>", OneSecurityGroup.as_view()),
    path("v1/security-groups/<str:id>/rules", GroupRules.as_view()),
    path("v1/security-groups/<str:id>/rules/<str:rule_id>", OneGroupRule.as_view()),
    path("v1/firewall/evaluate", FirewallEvaluation.as_view()),
]

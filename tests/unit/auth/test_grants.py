"""Roles, scopes, and who may grant what."""

import pytest

from services.auth.domain.grants import (
    GrantTooWide,
    InvalidScope,
    LastAdministrator,
    RoleGrant,
    Scope,
    UnknownRole,
    check_may_grant,
    check_not_last,
)

TENANT = Scope()
STAGE, SHOP = Scope("p-stage"), Scope("p-shop")


@pytest.mark.parametrize(("text", "scope"), [("tenant", TENANT), ("project:p-shop", SHOP)])
def test_a_scope_reads_back_as_it_is_written(text: str, scope: Scope) -> None:
    assert Scope.parse(text) == scope
    assert str(scope) == text


@pytest.mark.parametrize(
    "text", ["", "*", "global", "project:", "projects:p-1", "Tenant", "project:p\n1", "project:ä", "project:../tenants"]
)
def test_any_other_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        Scope.parse(text)


def test_the_tenant_covers_its_projects_and_not_the_other_way_round() -> None:
    assert TENANT.covers(SHOP)
    assert TENANT.covers(TENANT)
    assert SHOP.covers(SHOP)
    assert not SHOP.covers(TENANT)
    assert not SHOP.covers(STAGE)


@pytest.mark.parametrize("role", ["platform-admin", "root", "", "Member"])
def test_only_known_roles_can_be_granted(role: str) -> None:
    with pytest.raises(UnknownRole):
        RoleGrant.parse(role, "tenant")


@pytest.mark.parametrize("role", ["billing-admin", "auditor"])
def test_roles_about_the_whole_tenant_have_no_project_scope(role: str) -> None:
    assert RoleGrant.parse(role, "tenant") == RoleGrant(role, TENANT)
    with pytest.raises(InvalidScope):
        RoleGrant.parse(role, "project:p-shop")


@pytest.mark.parametrize(
    ("held", "wanted", "permitted"),
    [
        (RoleGrant("tenant-admin", TENANT), RoleGrant("tenant-admin", TENANT), True),
        (RoleGrant("tenant-admin", TENANT), RoleGrant("viewer", SHOP), True),
        (RoleGrant("tenant-admin", SHOP), RoleGrant("member", SHOP), True),
        (RoleGrant("tenant-admin", SHOP), RoleGrant("member", STAGE), False),
        (RoleGrant("tenant-admin", SHOP), RoleGrant("member", TENANT), False),
        (RoleGrant("member", TENANT), RoleGrant("viewer", SHOP), False),
        (RoleGrant("billing-admin", TENANT), RoleGrant("billing-admin", TENANT), False),
    ],
)
def test_nobody_grants_beyond_what_they_administer(held: RoleGrant, wanted: RoleGrant, permitted: bool) -> None:
    if permitted:
        check_may_grant([held], wanted)
    else:
        with pytest.raises(GrantTooWide):
            check_may_grant([held], wanted)


def test_without_any_role_nothing_can_be_granted() -> None:
    with pytest.raises(GrantTooWide):
        check_may_grant([], RoleGrant("viewer", SHOP))


@pytest.mark.parametrize("administrators", [{"u-1", "u-2"}, {"u-2"}, set()])
def test_an_account_leaves_that_is_not_the_only_administrator(administrators: set[str]) -> None:
    check_not_last(administrators, "u-1")


def test_the_only_administrator_stays() -> None:
    with pytest.raises(LastAdministrator):
        check_not_last({"u-1"}, "u-1")

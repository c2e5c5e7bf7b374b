"""Projects: a tree of at most five levels, counted against the quota of projects."""

from tests.support.api import Api
from tests.support.identities import Tenant, create_tenant

PROJECTS = "/api/tenants/v1/projects"


def create(tenant: Tenant, name: str, parent: str | None = None) -> str:
    return tenant.api.ok("POST", PROJECTS, 201, json={"name": name, "parent_id": parent})["id"]


def line(tenant: Tenant, levels: int) -> list[str]:
    ids: list[str] = []
    for level in range(levels):
        ids.append(create(tenant, f"Level {level}", ids[-1] if ids else None))
    return ids


def test_a_sixth_level_is_refused_and_uses_up_nothing(tenant: Tenant) -> None:
    body = {"name": "Too deep", "parent_id": line(tenant, 5)[-1]}
    tenant.api.refused("POST", PROJECTS, 409, "project_too_deep", json=body)
    [quota] = [q for q in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"] if q["resource"] == "projects"]
    assert (quota["used"], quota["reserved"]) == (5, 0)
    assert len(list(tenant.api.items(PROJECTS))) == 5


def test_a_project_cannot_move_below_itself(tenant: Tenant) -> None:
    top, below = line(tenant, 2)
    tenant.api.refused("PATCH", f"{PROJECTS}/{top}", 409, "project_cycle", json={"parent_id": below})
    assert tenant.api.ok("GET", f"{PROJECTS}/{top}")["parent_id"] is None


def test_a_project_moves_to_the_top_with_its_children(tenant: Tenant) -> None:
    _, middle, below = line(tenant, 3)
    moved = tenant.api.ok("PATCH", f"{PROJECTS}/{middle}", json={"parent_id": None})
    assert (moved["parent_id"], moved["version"]) == (None, 2)
    assert tenant.api.ok("GET", f"{PROJECTS}/{below}")["parent_id"] == middle


def test_a_name_is_used_once_under_one_parent(tenant: Tenant) -> None:
    shop = create(tenant, "Shop")
    tenant.api.refused("POST", PROJECTS, 409, "name_taken", json={"name": "ＳＨＯＰ"})
    create(tenant, "Shop", shop)


def test_the_quota_of_projects_holds_and_a_removed_project_gives_its_place_back(operator: Api) -> None:
    tenant = create_tenant(operator, quotas={"projects": 2})
    first, _second = create(tenant, "One"), create(tenant, "Two")
    tenant.api.refused("POST", PROJECTS, 403, "quota_exceeded", json={"name": "Three"})
    tenant.api.ok("DELETE", f"{PROJECTS}/{first}", 204)
    create(tenant, "Three")


def test_a_project_in_use_stays(tenant: Tenant) -> None:
    shop = create(tenant, "Shop")
    tenant.api.ok("PUT", f"{PROJECTS}/{shop}/quotas/vcpus", json={"limit": 4})
    tenant.api.refused("DELETE", f"{PROJECTS}/{shop}", 409, "project_in_use")
    assert tenant.api.ok("GET", f"{PROJECTS}/{shop}")["id"] == shop

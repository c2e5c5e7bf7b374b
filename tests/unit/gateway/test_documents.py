"""The joint document is made of the services' own, and nothing in it meets another's."""

from __future__ import annotations

from typing import Any

from services.gateway.domain.documents import joined


def document(path: str = "/v1/things") -> dict[str, Any]:
    """A service's document with one operation."""
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    refusal = {"$ref": "#/components/responses/NotFound"}
    operation = {"operationId": "get_things", "tags": ["things"], "responses": {"200": answer, "404": refusal}}
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "paths": {path: {"get": operation}},
        "components": {
            "schemas": {"Thing": {"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Inner"}}},
                        "Inner": {}, "Problem": {}},
            "responses": {"NotFound": problem},
        },
    }  # fmt: skip


def test_paths_are_those_by_which_clients_reach_the_services() -> None:
    found = joined({"dns": document(), "audit": document()}, [])
    assert list(found["paths"]) == ["/api/audit/v1/things", "/api/dns/v1/things"]
    assert found["servers"] == [{"url": "/"}]


def test_names_that_two_services_share_are_kept_apart_and_common_ones_together() -> None:
    found = joined({"dns": document(), "audit": document()}, [])
    assert set(found["components"]["schemas"]) == {
        "dns.Thing", "dns.Inner", "audit.Thing", "audit.Inner", "Problem",
    }  # fmt: skip
    operation = found["paths"]["/api/dns/v1/things"]["get"]
    assert (operation["operationId"], operation["tags"]) == ("dns_get_things", ["dns"])
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/dns.Thing"}
    inner = found["components"]["schemas"]["dns.Thing"]["properties"]["inner"]
    assert inner == {"$ref": "#/components/schemas/dns.Inner"}
    problem = found["components"]["responses"]["NotFound"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}


def test_who_is_away_is_named() -> None:
    assert joined({"dns": document()}, ["tenants", "audit"])["x-missing-services"] == ["audit", "tenants"]


def test_the_services_own_documents_stay_as_they_are() -> None:
    own = document()
    joined({"dns": own}, [])
    assert own == document()


def test_a_discriminator_leads_to_the_joint_names_and_titles_are_as_distinct_as_the_names() -> None:
    own = document()
    own["components"]["schemas"]["Thing"] |= {
        "title": "Thing",
        "discriminator": {"propertyName": "kind", "mapping": {"inner": "#/components/schemas/Inner"}},
    }
    thing = joined({"dns": own}, [])["components"]["schemas"]["dns.Thing"]
    assert thing["title"] == "dns.Thing"
    assert thing["discriminator"]["mapping"] == {"inner": "#/components/schemas/dns.Inner"}

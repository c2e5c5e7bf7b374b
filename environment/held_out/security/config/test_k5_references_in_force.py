"""No value of a secret gets into what is published, in whatever way that happens."""

from typing import Any

import pytest

from tests.support.identities import Tenant

ENVIRONMENT = "/api/config/v1/environments/prod"
EFFECTIVE = "/api/config/v1/effective"
TOKEN, WORD = {"$secret": "app/api#token"}, {"$secret": "app/api#word"}


def publish(tenant: Tenant, values: dict[str, Any], **body: Any) -> dict[str, Any]:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": values})
    revision: dict[str, Any] = tenant.api.ok("POST", f"{ENVIRONMENT}/publish", 201, json=body)
    return revision


@pytest.mark.services("secrets")
def test_references_in_lists_and_sections_are_published_and_rolled_back_to_as_they_are(tenant: Tenant) -> None:
    tenant.api.ok("PUT", "/api/secrets/v1/secrets/app/api", json={"data": {"token": "t0k3n-value", "word": "w0rd"}})
    values = {"clients": [{"auth": TOKEN}, {"auth": WORD}], "deep": {"er": {"word": WORD}}}
    schema = {"properties": {"deep": {"type": "object"}}}
    assert publish(tenant, values, schema=schema)["values"] == values
    assert publish(tenant, {"n": 1})["values"] == {"n": 1}
    again = tenant.api.ok("POST", f"{ENVIRONMENT}/rollback", 201, json={"revision": 1})
    assert again["values"] == values
    history = [revision["values"] for revision in tenant.api.items(f"{ENVIRONMENT}/history")]
    assert history == [values, {"n": 1}, values]
    assert "t0k3n-value" not in tenant.api.get(EFFECTIVE, params={"environment": "prod"}).text


@pytest.mark.services("secrets")
def test_a_reader_gets_the_value_that_a_secret_has_by_then(tenant: Tenant) -> None:
    secret = "/api/secrets/v1/secrets/app/api"
    tenant.api.ok("PUT", secret, json={"data": {"token": "first-value", "word": "w"}})
    publish(tenant, {"token": TOKEN})
    tenant.api.ok("PUT", secret, json={"data": {"token": "second-value", "word": "w"}})
    params = {"environment": "prod", "resolve": "true"}
    assert tenant.api.ok("GET", EFFECTIVE, params=params)["values"] == {"token": "second-value"}


def test_a_reference_is_published_before_its_secret_is_there(tenant: Tenant) -> None:
    assert publish(tenant, {"token": TOKEN})["values"] == {"token": TOKEN}

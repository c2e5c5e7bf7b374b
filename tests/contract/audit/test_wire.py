"""What audit says over the wire, and that anybody can check it."""

import hashlib
import json

from tests.support.eventually import eventually
from tests.support.identities import Tenant


def test_exported_records_can_be_verified_without_the_service(tenant: Tenant) -> None:
    """Canonical JSON of these ASCII records is sorted keys without spaces (RFC 8785)."""
    eventually(lambda: len(list(tenant.api.items("/api/audit/v1/records"))) >= 4)
    answer = tenant.api.get("/api/audit/v1/export")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    previous = "0" * 64
    for line in answer.text.splitlines():
        record = json.loads(line)
        stated = record.pop("hash")
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert record["previous_hash"] == previous
        assert hashlib.sha256(canonical).hexdigest() == stated
        previous = stated


def test_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    document = tenant.api.ok("GET", "/api/audit/openapi.json")
    assert {"/v1/records", "/v1/records/{sequence}", "/v1/verifications"} <= set(document["paths"])


def test_a_record_that_is_not_there_is_a_problem(tenant: Tenant) -> None:
    problem = tenant.api.refused("GET", "/api/audit/v1/records/999999", 404, "not_found")
    assert problem["instance"] == "/v1/records/999999"
    assert problem["correlation_id"].startswith("c-")

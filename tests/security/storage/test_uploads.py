"""How much a request may bring to an object, a part, or a presigned URL: 256 MiB, which is said before it is sent."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.support.api import TLS
from tests.support.identities import Tenant
from tests.support.storing import make_bucket, put_object

LARGEST = 256 * 2**20


def announced(tenant: Tenant, path: str, size: int) -> tuple[int, dict[str, str]]:
    """Status and problem of a PUT that says how large its body is and waits for the answer before it sends any."""
    url = urlsplit(tenant.api.url)
    host, port = url.hostname or "", url.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=10, context=TLS)
        if url.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=10)
    )
    try:
        connection.putrequest("PUT", path)
        connection.putheader("Authorization", f"Bearer {tenant.api.token}")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize("size", [LARGEST + 1, 5 * 2**30, 10**18])
def test_what_is_too_large_is_refused_at_once_with_the_way_that_there_is(tenant: Tenant, size: int) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "kept", b"as it was")
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "large"})
    body = {"method": "PUT", "key": "kept", "expires_in": 60}
    presigned = tenant.api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]

    for path in (f"{bucket}/objects/kept", f"{bucket}/uploads/{upload['id']}/parts/1", presigned):
        status, problem = announced(tenant, path, size)
        assert (status, problem["code"]) == (413, "payload_too_large")
        assert str(LARGEST) in problem["detail"]
        assert "in parts" in problem["detail"]

    assert tenant.api.get(f"{bucket}/objects/kept").content == b"as it was"
    assert tenant.api.ok("GET", f"{bucket}/uploads/{upload['id']}/parts")["parts"] == []

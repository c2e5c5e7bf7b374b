"""What a document allows, its service doesn't refuse at its edge: it is the rules' turn then."""

from __future__ import annotations

import os

import httpx
import pytest

from tests.support.calls import CALLS
from tests.support.calls.sending import Sending, send
from tests.support.calls.world import INTERNAL, PLATFORM, Call
from tests.support.identities import Tenant
from tests.support.valid_requests import Drawing, operations

pytestmark = pytest.mark.services(*CALLS)

EXAMPLES = int(os.environ.get("OMNICLOUD_VALID_EXAMPLES", "2"))
"""Requests an operation."""
SEED = os.environ.get("OMNICLOUD_FUZZ_SEED", "omnicloud")
NOT_SENT = {
    "compute": {"POST /v1/drills/faults"},  # everybody's next requests would fail
    "auth": {"POST /v1/signing-keys/rotate"},  # everybody's tokens
}
AT_THE_EDGE = {400, 405, 406, 413, 414, 415, 431, 500}
STATE = "a state document, and who locks it, are Terraform's to describe"
KNOWN: dict[str, dict[str, dict[str, str]]] = {
    "auth": {"POST /v1/tokens": {"This field is required.": "what is needed follows from the grant type"}},
    "network": {"PATCH /v1/vpcs/{id}": {"give a name or a main route table": "one of two members"}},
    "dns": {
        "POST /v1/zones/{id}/records": {"give either values or answers": "one of two members"},
        "PUT /v1/zones/{id}/records/{record_id}": {"give either values or answers": "one of two members"},
    },
    "compute": {
        "POST /v1/instances": {"name either a flavor or a size": "one of two members"},
        "POST /v1/hosts": {"a resource class may be named once": "unique by one member"},
        "PATCH /v1/hosts/{id}": {"a resource class may be named once": "unique by one member"},
    },
    "deploy": {
        "POST /v1/environments/{name}/plans": {
            "a normal plan names its resources": "what is needed follows from the mode",
            "a plan that only refreshes can't go without": "what is needed follows from the mode",
        },
        "POST /v1/states/{workspace}": {"": STATE},
        "PUT /v1/states/{workspace}": {"": STATE},
        "POST /v1/states/{workspace}/lock": {"": STATE},
        "PUT /v1/states/{workspace}/lock": {"": STATE},
        "DELETE /v1/states/{workspace}/lock": {"": STATE},
    },
    "billing": {
        "PATCH /v1/account": {"less than or equal to 1.": "text has no greatest value"},
        "PUT /v1/prices/{meter}": {"give either unit_amount or tiers": "one of two members"},
        "POST /v1/invoices": {"give both period_start and period_end, or neither": "two that belong together"},
        "POST /v1/discounts": {"amount_off and currency belong together": "two that belong together"},
        "PATCH /v1/budgets/{id}": {"amount and currency belong together": "two that belong together"},
    },
}
"""What edges ask beyond their documents, by what they say then, and why no schema says it: members that depend on each
other. Whoever reads the document finds it in the schema's description."""


def messages(answer: httpx.Response) -> list[str]:
    """What is refused, in the words of the refusal; nothing for what the rules refuse, or isn't refused."""
    problem = answer.json() if answer.content and "problem+json" in answer.headers.get("content-type", "") else {}
    if answer.status_code not in AT_THE_EDGE and problem.get("code") != "validation_failed":
        return []
    return [each["message"] for each in problem.get("errors", ())] or [str(problem.get("detail", answer.text))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", CALLS)
def test_no_request_that_a_document_allows_is_refused_at_the_edge(tenant: Tenant, service: str) -> None:
    document = tenant.api.ok("GET", f"/api/{service}/openapi.json", 200)
    assert set(KNOWN.get(service, {})) <= {f"{method} {path}" for method, path, _ in operations(document)}
    drawing, refused, sent = Drawing(document), [], 0
    for method, path, operation in operations(document):
        name = f"{method} {path}"
        if name in NOT_SENT.get(service, ()):
            continue
        api = tenant.operator if CALLS[service][name].needs in (PLATFORM, INTERNAL) else tenant.api
        for request in drawing.requests(path, operation, EXAMPLES, f"{SEED} {service} {name}"):
            answer = send(api, service, name, Call(request.target), Sending(), **request.options())
            sent += 1
            known = KNOWN.get(service, {}).get(name, {})
            if not all(any(words in message for words in known) for message in messages(answer)):
                refused.append(f"{name} {str(request)[:600]}\n  -> {answer.status_code} {answer.text[:600]}")
    assert sent >= EXAMPLES
    assert not refused, f"{len(refused)} of {sent}:\n" + "\n".join(refused)

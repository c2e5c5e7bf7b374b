"""Which operations take a condition on the version of what they change (`If-Match`)."""

from __future__ import annotations

from tests.support.calls import CALLS
from tests.support.calls.sending import is_mutating
from tests.support.calls.world import ALONE, PUBLIC, Row

UNVERSIONED = {
    "auth": {
        "POST /v1/service-accounts/{id}/api-keys",  # a new key, which is no part of the account
    },
    "tenants": set[str](),
    "compute": set[str](),
    "network": {
        # New things, which are no part of what they are in.
        "POST /v1/route-tables/{id}/routes", "POST /v1/vpcs/{id}/routes",
        # Packets are traffic, not configuration.
        "POST /v1/nat-gateways/{id}/translations", "POST /v1/nat-gateways/{id}/translations/incoming",
        "DELETE /v1/nat-gateways/{id}/translations/{translation_id}",
    },
    "storage": {
        "POST /v1/buckets/{name}/deletions",  # each object may have its own condition, in the body
        "POST /v1/buckets/{name}/uploads", "POST /v1/buckets/{name}/presigned-urls",
    },
    "dns": set[str](),
    "loadbalancer": set[str](),
    "secrets": {
        "POST /v1/keys/{name}/decrypt", "POST /v1/keys/{name}/encrypt", "POST /v1/keys/{name}/rewrap",
    },  # they change no key
    "config": set[str](),
    "deploy": {
        "POST /v1/environments/{name}/plans", "POST /v1/environments/{name}/applies",  # bound to a state's serial
        "POST /v1/environments/{name}/deployments",  # a new revision
        "POST /v1/deployments/{id}/progress",  # under a fencing token
        "POST /v1/deployments/{id}/ballots", "POST /v1/deployments/{id}/votes",  # under a term
    },
    "monitor": set[str](),
    "billing": set[str](),
    "audit": set[str](),
    "compliance": set[str](),
}  # fmt: skip
"""Operations on something by its name that have no condition, and why."""


def conditional(service: str) -> dict[str, Row]:
    """Operations of which a condition can be asked."""
    return {
        operation: row
        for operation, row in CALLS[service].items()
        if is_mutating(operation)
        and row.needs != PUBLIC
        and row.key != ALONE
        and operation not in UNVERSIONED[service]
        and ("{" in operation or operation in ("PATCH /v1/account", "PUT /v1/retention"))
    }

"""One valid call of every operation of the platform, and what it needs: the table behind the three matrices.

Each row says how to make a call that would succeed, everything in it new, who may make it, and what becomes of an
`Idempotency-Key`. An operation that a service's OpenAPI document promises and that stands in no table fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.calls.accounts import AUTH, TENANTS
from tests.support.calls.compute import COMPUTE
from tests.support.calls.configuration import CONFIG, SECRETS
from tests.support.calls.deploy import DEPLOY
from tests.support.calls.network import NETWORK
from tests.support.calls.oversight import AUDIT, BILLING, COMPLIANCE, MONITOR
from tests.support.calls.storage import STORAGE
from tests.support.calls.traffic import DNS, LOADBALANCER
from tests.support.calls.world import Table

CALLS: Mapping[str, Table] = {
    "auth": AUTH,
    "tenants": TENANTS,
    "compute": COMPUTE,
    "network": NETWORK,
    "storage": STORAGE,
    "dns": DNS,
    "loadbalancer": LOADBALANCER,
    "secrets": SECRETS,
    "config": CONFIG,
    "deploy": DEPLOY,
    "monitor": MONITOR,
    "billing": BILLING,
    "audit": AUDIT,
    "compliance": COMPLIANCE,
}

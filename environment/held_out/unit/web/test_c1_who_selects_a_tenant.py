"""In whose tenant a request acts, whoever sends it and whichever tenant it names."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from shared.kernel.identity import Grant, Identity, Kind, sign_identity
from shared.kernel.tracing import unrecorded
from shared.settings import ServiceSettings
from shared.web.edge import context_from_headers
from tests.unit.clocks import NOW, standing_clock

KEY = "a key of thirty-two bytes at least"
KINDS = get_args(Kind)
MAY_SELECT = ("service", "operator")
GRANTS = [(), (Grant("tenant-admin", "tenant"),), (Grant("platform-operator", "tenant"),)]


def tenant_of(identity: Identity, **headers: str) -> str | None:
    """The tenant that the request acts in; None where it is refused."""
    settings = ServiceSettings(service_name="x", identity_signing_key=KEY)
    sent = {"x-omnicloud-identity": sign_identity(identity, KEY, NOW), **headers}
    context, refusal = context_from_headers(sent, settings, standing_clock(), unrecorded(None))
    return None if refusal is not None or context.identity is None else context.identity.tenant_id


@pytest.mark.parametrize(("kind", "grants"), product(KINDS, GRANTS))
@pytest.mark.parametrize("named", ["t-2", "platform", "T-1", "t-1 "])
def test_a_tenant_that_is_named_is_that_of_who_may_select_one(
    kind: Kind, grants: tuple[Grant, ...], named: str
) -> None:
    identity = Identity(f"{kind}:1", "t-1", kind, grants)
    found = tenant_of(identity, **{"x-tenant-id": named})
    if kind in MAY_SELECT:
        assert found == named
    else:
        assert found in (None, "t-1")


@pytest.mark.parametrize("kind", KINDS)
def test_without_another_ones_name_everybody_acts_at_home(kind: Kind) -> None:
    identity = Identity(f"{kind}:1", "t-1", kind, GRANTS[1])
    assert tenant_of(identity) == "t-1"
    assert tenant_of(identity, **{"x-tenant-id": "t-1"}) == "t-1"
    assert tenant_of(identity, **{"x-tenant-id": ""}) == "t-1"

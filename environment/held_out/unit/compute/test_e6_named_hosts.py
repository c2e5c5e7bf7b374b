"""A named host is asked whose it is, as any other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.domain.errors import NoValidHost
from services.compute.domain.hosts import HostState
from services.compute.domain.inventory import Inventory
from services.compute.domain.placement import PlacementRequest, Tenancy, choose_host, is_acceptable
from services.compute.domain.resources import ResourceClass, Resources

INVENTORIES = {kind: Inventory(kind, total=10_000) for kind in ResourceClass}
OWNER = st.sampled_from([None, "t-1", "t-2", "t-3"])


@settings(derandomize=True, deadline=None)
@given(owner=OWNER, tenant=st.sampled_from(["t-1", "t-2"]), tenancy=st.sampled_from(Tenancy), named=st.booleans())
def test_whose_a_host_is_decides_whether_it_is_named_or_not(
    owner: str | None, tenant: str, tenancy: Tenancy, named: bool
) -> None:
    host = HostState("a", "nimbus", "nimbus-eu-1", "nimbus-eu-1a", INVENTORIES, dedicated_tenant_id=owner)
    order = PlacementRequest(
        tenant, Resources(Decimal(1), 64, 1), tenancy=tenancy, requested_host="a" if named else None
    )

    allowed = owner == (tenant if tenancy is Tenancy.DEDICATED else None)
    assert is_acceptable(host, order) is allowed
    if not allowed:
        with pytest.raises(NoValidHost) as refused:
            choose_host([host], order)
        assert refused.value.extra == {"rejected_by": "tenancy"}

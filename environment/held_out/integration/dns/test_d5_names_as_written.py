"""What excludes each other at a name does so however the name is written."""

from __future__ import annotations

import pytest

from tests.support.identities import Tenant
from tests.support.zones import add_record, listed, make_zone, record, records_of


@pytest.mark.parametrize("written", ["mail", "MAIL", "mail.example.net", "mail.example.net."])
def test_an_alias_stays_alone_in_any_spelling(tenant: Tenant, written: str) -> None:
    zone = make_zone(tenant.api, "example.net")
    add_record(tenant.api, zone, "mail", "MX", "10 mx.example.org.")
    add_record(tenant.api, zone, "*.lab", "CNAME", "www.example.org.")
    before = listed(tenant.api, zone)

    alias = record(written, "CNAME", "www.example.org.")
    tenant.api.refused("POST", records_of(zone), 409, "cname_conflict", json=alias)
    below = written.replace("mail", "*.lab").replace("MAIL", "*.LAB")
    tenant.api.refused("POST", records_of(zone), 409, "cname_conflict", json=record(below, "TXT", "text"))

    assert listed(tenant.api, zone) == before


@pytest.mark.parametrize("apex", ["@", "example.net", "Example.NET."])
def test_the_apex_is_no_alias_in_any_spelling(tenant: Tenant, apex: str) -> None:
    zone = make_zone(tenant.api, "example.net")

    alias = record(apex, "CNAME", "www.example.org.")
    tenant.api.refused("POST", records_of(zone), 409, "cname_conflict", json=alias)

    add_record(tenant.api, zone, apex, "TXT", "text")
    assert listed(tenant.api, zone) == [("example.net.", "NS"), ("example.net.", "TXT")]

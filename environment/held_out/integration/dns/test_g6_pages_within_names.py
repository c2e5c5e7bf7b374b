"""Wherever a page ends, the next one goes on."""

import pytest

from tests.support.identities import Tenant
from tests.support.zones import add_record, listed, make_zone

VALUES = {"A": "192.0.2.7", "AAAA": "2001:db8::7", "CAA": '0 issue "ca.example"', "MX": "5 mail", "TXT": "text"}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6])
def test_names_with_several_types_are_listed_whole_at_any_page_size(tenant: Tenant, limit: int) -> None:
    zone = make_zone(tenant.api, "pages.example")
    whole = [("pages.example.", "NS")]
    for name, kinds in (
        ("b", ("TXT", "A", "MX")),
        ("c", ("AAAA",)),
        ("a", ("MX", "CAA", "A", "AAAA")),
        ("d", ("A", "TXT")),
    ):
        for kind in kinds:
            add_record(tenant.api, zone, name, kind, VALUES[kind])
            whole.append((f"{name}.pages.example.", kind))
    assert listed(tenant.api, zone, limit=limit) == sorted(whole)

"""The simulated providers' regions and zones."""

from __future__ import annotations

from services.compute.domain.zones import PROVIDERS


def test_three_providers_with_two_regions_each() -> None:
    assert {name: [region.name for region in spec.regions] for name, spec in PROVIDERS.items()} == {
        "nimbus": ["nimbus-eu-1", "nimbus-us-1"],
        "stratus": ["stratus-eu-1", "stratus-us-1"],
        "cirrus": ["cirrus-eu-1", "cirrus-ap-1"],
    }
    assert len({zone for spec in PROVIDERS.values() for zone in spec.zones()}) == 14

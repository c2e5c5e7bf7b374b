"""Flavors."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.compute.domain.errors import UnknownFlavor
from services.compute.domain.flavors import FLAVORS, flavor_named
from services.compute.domain.resources import Resources


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_mib", "disk_gib"),
    [("nano", "0.1", 128, 1), ("micro", "0.25", 512, 4), ("small", "1", 2_048, 20), ("xlarge", "8", 16_384, 160)],
)
def test_flavors_have_exact_sizes(name: str, vcpus: str, memory_mib: int, disk_gib: int) -> None:
    assert flavor_named(name).resources == Resources(Decimal(vcpus), memory_mib, disk_gib)


def test_an_unknown_flavor_is_refused_with_the_choice() -> None:
    with pytest.raises(UnknownFlavor, match="no flavor 'huge'; choose one of nano, micro"):
        flavor_named("huge")
    assert next(iter(FLAVORS)) == "nano"

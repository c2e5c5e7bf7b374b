"""Addresses of resources."""

import pytest

from services.deploy.domain.addresses import InvalidAddress, UnknownKind, kind_of


@pytest.mark.parametrize(
    ("address", "kind"),
    [("storage.volume.data", "storage.volume"), ("null.web-1", "null"), ("compute.instance.web", "compute.instance")],
)
def test_an_address_tells_its_kind(address: str, kind: str) -> None:
    assert kind_of(address) == kind


def test_an_address_that_is_none_or_of_no_known_kind_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        kind_of("Volume")
    with pytest.raises(UnknownKind):
        kind_of("mainframe.partition.a")

"""Names of environments."""

import pytest

from services.deploy.domain.environments import InvalidName, valid_name


@pytest.mark.parametrize("name", ["", "Prod", "1a", "a-", "a" * 64])
def test_a_name_that_is_no_dns_label_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        valid_name(name)


def test_a_dns_label_is_a_name() -> None:
    assert valid_name("prod-eu") == "prod-eu"

"""What firewalls look at."""

from __future__ import annotations

import pytest

from services.network.domain.errors import InvalidRule
from services.network.domain.packets import PortRange


@pytest.mark.parametrize(("low", "high"), [(443, 442), (-1, 5), (0, 65_536)])
def test_port_ranges_that_are_empty_or_no_ports_are_refused(low: int, high: int) -> None:
    with pytest.raises(InvalidRule):
        PortRange(low, high)

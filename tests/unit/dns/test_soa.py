"""RFC 2308: how long a negative answer lives."""

from __future__ import annotations

import pytest

from services.dns.domain.soa import Soa, negative_ttl


@pytest.mark.parametrize(("minimum", "ttl", "expected"), [(300, 3600, 300), (3600, 300, 300), (0, 60, 0), (60, 60, 60)])
def test_negative_answers_live_for_the_lesser_of_minimum_and_ttl(minimum: int, ttl: int, expected: int) -> None:
    assert negative_ttl(Soa("ns.", "mail.", 1, 2, 3, 4, minimum, ttl)) == expected

"""A stranger has one limit, whatever they write and however many proxies they come by."""

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import random_address

WHO = "/api/auth/v1/me"


@pytest.mark.parametrize("written", ["{other}", "{other}, {other}", "nonsense, {other}", "172.16.0.1, {other}"])
def test_what_was_written_before_does_not_count(fleet: FleetControl, written: str) -> None:
    own = random_address()

    def ask() -> int:
        before = written.format(other=random_address())
        return (
            Api(fleet.url, headers={"X-Forwarded-For": f"{before}, {own}, 172.20.0.3, 172.16.0.9"}).get(WHO).status_code
        )

    answers = [ask() for _ in range(68)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert Api(fleet.url, headers={"X-Forwarded-For": f"{own}, 172.16.0.9"}).get(WHO).status_code == 429

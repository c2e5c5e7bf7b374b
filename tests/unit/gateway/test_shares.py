"""How much of the gateway one caller has at a time."""

from contextlib import ExitStack

import pytest

from services.gateway.ports.shares import Shares
from shared.errors import TooManyRequests


def test_one_callers_requests_leave_room_for_anothers() -> None:
    shares = Shares(2)
    with ExitStack() as under_way:
        for _ in range(2):
            under_way.enter_context(shares.taken("t-1"))
        with pytest.raises(TooManyRequests) as refused, shares.taken("t-1"):
            pass
        assert refused.value.headers == {"Retry-After": "1"}
        with shares.taken("t-2"):
            pass
    with shares.taken("t-1"):
        pass


def test_a_request_that_fails_gives_its_share_back() -> None:
    shares = Shares(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), shares.taken("t-1"):
            raise ZeroDivisionError

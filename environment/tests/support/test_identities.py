"""The operator's log-in that all tests share: a run can take longer than an access token is good for."""

from typing import Any

import pytest

from tests.support import identities

LIFETIME = 900


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


LogIns = tuple[Clock, list[float]]


@pytest.fixture
def log_ins(monkeypatch: pytest.MonkeyPatch) -> LogIns:
    """When the operator logged in; the nth token is "token-n"."""
    moments: list[float] = []

    def issue(*_: object) -> dict[str, Any]:
        moments.append(clock.now)
        return {"access_token": f"token-{len(moments)}", "expires_in": LIFETIME}

    clock = Clock()
    monkeypatch.setattr(identities, "issue_tokens", issue)
    return clock, moments


def test_one_log_in_serves_many_tests(log_ins: LogIns) -> None:
    clock, moments = log_ins
    session = identities.OperatorSession("http://127.0.0.1:1", clock)
    assert session.api() is session.api()
    clock.now = LIFETIME / 2 - 1
    assert session.api().token == "token-1"
    assert moments == [0.0]


def test_every_test_gets_a_token_with_half_its_life_left_however_long_the_run_takes(log_ins: LogIns) -> None:
    clock, moments = log_ins
    session = identities.OperatorSession("http://127.0.0.1:1", clock)
    for now in range(0, 4 * LIFETIME, 60):
        clock.now = float(now)
        session.api()
        assert moments[-1] + LIFETIME - now > LIFETIME / 2
    assert len(moments) == 8

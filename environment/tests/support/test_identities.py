"""The operator's log-in that all tests share: a run can take longer than an access token is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support import identities

LIFETIME = timedelta(minutes=15)
NOWHERE = "http://127.0.0.1:1"


class LogIns:
    """The operator's log-ins by a clock that only a test moves; the nth token is "token-n"."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 1, tzinfo=UTC)
        self.moments: list[datetime] = []

    def now(self) -> datetime:
        return self.time

    def issue(self, *_: object) -> dict[str, object]:
        self.moments.append(self.time)
        return {"access_token": f"token-{len(self.moments)}", "expires_in": LIFETIME.seconds}


@pytest.fixture
def log_ins(monkeypatch: pytest.MonkeyPatch) -> LogIns:
    made = LogIns()
    monkeypatch.setattr(identities, "issue_tokens", made.issue)
    return made


def test_one_log_in_serves_many_tests(log_ins: LogIns) -> None:
    session = identities.OperatorSession(NOWHERE, log_ins.now)
    assert session.api() is session.api()
    log_ins.time += LIFETIME / 2 - timedelta(seconds=1)
    assert session.api().token == "token-1"
    assert len(log_ins.moments) == 1


def test_every_test_gets_a_token_with_half_its_life_left_however_long_the_run_takes(log_ins: LogIns) -> None:
    session = identities.OperatorSession(NOWHERE, log_ins.now)
    began = log_ins.time
    for minutes in range(60):
        log_ins.time = began + timedelta(minutes=minutes)
        session.api()
        assert log_ins.moments[-1] + LIFETIME - log_ins.time > LIFETIME / 2
    assert len(log_ins.moments) == 8


def test_after_a_step_of_the_services_clock_either_way_the_token_is_one_that_is_in_force(log_ins: LogIns) -> None:
    session = identities.OperatorSession(NOWHERE, log_ins.now)
    session.api()
    log_ins.time += timedelta(seconds=601)
    assert session.api().token == "token-2"
    log_ins.time -= timedelta(seconds=601)
    assert session.api().token == "token-3"
    assert session.api().token == "token-3"

"""A session with Vault: one log-in for all, and nobody waits in a row for a Vault that is silent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from shared.errors import OmniCloudError
from shared.infra.vault import SILENCE_SECONDS, SecretsUnavailable, VaultSession
from shared.utils.clock import FixedClock
from tests.unit.clocks import standing_clock


class Vault:
    """The client's log-in; it gets no answer while `silent`, which the first to ask finds when it is let go on."""

    def __init__(self) -> None:
        self.silent, self.log_ins, self.renewals = True, 0, 0
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.token = ""
        self.session = SimpleNamespace(trust_env=True)
        approle = SimpleNamespace(login=self._log_in)
        self.auth = SimpleNamespace(approle=approle, token=SimpleNamespace(renew_self=self._renew))

    def _log_in(self, *_credentials: str) -> dict[str, Any]:
        self.log_ins += 1
        return self._answer()

    def _renew(self) -> dict[str, Any]:
        self.renewals += 1
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        self.asked.set()
        assert self.go_on.wait(30)
        if self.silent:
            raise requests.ReadTimeout("three seconds")
        self.token = "hvs.token"
        return {"auth": {"lease_duration": 3600}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Vault:
    made = Vault()
    monkeypatch.setattr("hvac.Client", lambda **_given: made)
    return made


@pytest.fixture
def clock() -> FixedClock:
    return standing_clock()


@pytest.fixture
def session(server: Vault, clock: FixedClock) -> VaultSession:
    return VaultSession("http://vault:8200", "role", "secret", clock)


def asked(session: VaultSession) -> str:
    try:
        return session.call(lambda _client: "answered")
    except OmniCloudError as error:
        return error.code


def test_who_waits_for_the_log_in_of_another_does_not_wait_for_one_more(server: Vault, session: VaultSession) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(asked, session) for _ in range(4)]
        assert server.asked.wait(30)
        server.go_on.set()
        assert {each.result(30) for each in answers} == {"secrets_unavailable"}
    assert server.log_ins == 1


def test_a_silent_vault_is_asked_again_after_a_moment(server: Vault, session: VaultSession, clock: FixedClock) -> None:
    server.go_on.set()
    assert asked(session) == "secrets_unavailable"
    server.silent = False
    with pytest.raises(SecretsUnavailable):
        session.call(lambda _client: "answered")
    clock.advance(timedelta(seconds=SILENCE_SECONDS))
    assert asked(session) == "answered"
    assert server.log_ins == 2


def test_a_renewal_without_an_answer_holds_nobody_up(server: Vault, session: VaultSession, clock: FixedClock) -> None:
    server.go_on.set()
    server.silent = False
    assert asked(session) == "answered"
    clock.advance(timedelta(seconds=3599))
    server.silent = True
    assert [asked(session), asked(session)] == ["secrets_unavailable"] * 2
    assert server.renewals == 1

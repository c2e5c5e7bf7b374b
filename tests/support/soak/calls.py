"""One mutation as a careful client makes it: under a key, repeated while its outcome is unknown, and remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.clock import clock
from tests.support.fleet import FleetControl
from tests.support.identities import (
    OPERATOR_EMAIL,
    OPERATOR_PASSWORD,
    Tenant,
    issue_tokens,
)

UNKNOWN_STATUSES = frozenset({401, 408, 425, 429, 502, 503, 504})
"""Answers after which the same request may be sent again: nothing is known, or nothing was done yet. 401 among them:
a token may end by a drill's clock."""
NO_ANSWER = 0
SHOWN = 160
"""Characters of a body, and of a refusal, that a story shows."""
FOR_EVER = float("inf")


class Outcome(StrEnum):
    """What the client knows."""

    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"


class Caller(StrEnum):
    """Who asks."""

    TENANT = "tenant"
    OPERATOR = "operator"
    """The platform's operator, in the tenant."""
    PLATFORM = "platform"
    """The platform's operator, for what belongs to no tenant."""


@dataclass
class Call:
    """A mutation, and what became of it."""

    method: str
    path: str
    body: Any = None
    content: bytes | None = None
    params: dict[str, str] | None = None
    caller: Caller = Caller.TENANT
    tells: str = ""
    """The type of the one event that says that it was done; empty when what is told depends."""
    keyed: bool = True
    """Terraform sends no idempotency key: its own ids make its requests repeatable."""
    then: Callable[[Call], None] = lambda call: None
    """What the client learns from its success."""
    number: int = 0
    """Its place in the schedule."""
    persistent: bool = True
    """Whether the client goes on asking until it knows; another gives up after its first answer."""
    id: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    statuses: list[int] = field(default_factory=list)
    answer: Any = None
    problem: str = ""
    began: float = 0.0
    ended: float = FOR_EVER

    def __str__(self) -> str:
        who = "" if self.caller is Caller.TENANT else f" as {self.caller}"
        body = "" if self.body is None else f" {self.body}"[:SHOWN]
        statuses = ", ".join(str(status or "no answer") for status in self.statuses)
        given_up = "" if self.persistent or self.outcome is not Outcome.UNKNOWN else ", given up"
        return f"#{self.number} {self.method} {self.path}{body}{who}: {statuses}{given_up} {self.problem}".rstrip()


@dataclass
class Callers:
    """The tenant's administrator and the operator, with tokens that are renewed as the services' clock goes."""

    fleet: FleetControl
    tenant: Tenant
    email: str
    password: str
    _apis: dict[Caller, Api] = field(default_factory=dict)
    _issued_at: datetime | None = None
    _renew_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def api(self, caller: Caller) -> Api:
        """The requests of one of them, with the tokens of the last renewal."""
        if not self._apis:
            self.renew()
        return self._apis[caller]

    def renew(self, always: bool = False) -> None:
        """Log in anew when the tokens are half used, or are of a time that is still to come."""
        with self._lock:
            now = clock.services_now()
            if self._issued_at and self._renew_at and not always and self._issued_at <= now < self._renew_at:
                return
            url = self.fleet.url
            own = issue_tokens(url, self.tenant.id, self.email, self.password)
            operators = issue_tokens(url, "platform", OPERATOR_EMAIL, OPERATOR_PASSWORD)
            acting = {"X-Tenant-Id": self.tenant.id}
            for api in self._apis.values():
                api.close()
            self._apis = {
                Caller.TENANT: Api(url, own["access_token"]),
                Caller.OPERATOR: Api(url, operators["access_token"], acting),
                Caller.PLATFORM: Api(url, operators["access_token"]),
            }
            self._issued_at, self._renew_at = now, now + timedelta(seconds=own["expires_in"] / 2)

    def send(self, call: Call) -> None:
        """Ask once, and note what is known after it."""
        headers = {"X-Correlation-Id": call.id, **({"Idempotency-Key": call.id} if call.keyed else {})}
        sent: dict[str, Any] = {"headers": headers}
        if call.body is not None:
            sent["json"] = call.body
        if call.content is not None:
            sent["content"] = call.content
        if call.params is not None:
            sent["params"] = call.params
        call.began = call.began or time.monotonic()
        try:
            answer = self.api(call.caller).request(call.method, call.path, **sent)
        except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: the client was closed by a renewal
            call.statuses.append(NO_ANSWER)
            call.problem = type(error).__name__
            return
        call.statuses.append(answer.status_code)
        if answer.is_success:
            call.outcome, call.ended, call.problem = Outcome.DONE, time.monotonic(), ""
            call.answer = answer.json() if answer.content else None
            call.then(call)
            return
        call.problem = answer.text[:SHOWN]
        if answer.status_code not in UNKNOWN_STATUSES and answer.status_code < 500:
            call.outcome, call.ended = Outcome.REFUSED, time.monotonic()

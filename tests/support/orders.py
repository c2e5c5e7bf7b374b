"""Orders that are placed again, each time under its own key, until they are carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.eventually import eventually

ATTEMPT_SECONDS = 30.0
"""Longer than the platform takes to answer any request."""
STILL_BEING_ANSWERED = (409, "idempotency_key_in_use")


@dataclass(frozen=True)
class Order:
    """Something to be made, and what was answered until it was: `(status, code)` of each refusal."""

    path: str
    body: dict[str, Any]
    key: str
    refused: list[tuple[int, str]] = field(default_factory=list)
    without_an_end: list[str] = field(default_factory=list)
    """Refusals by 503 that don't say when to come back."""

    def placed(self, api: Api, timeout: float) -> str:
        """The id of what was made, once it was. An order that isn't carried out in time says what was answered last."""

        def made() -> str:
            id = self._made(api)
            assert id, f"{self.path} under {self.key!r} was refused {len(self.refused)} times: {self.refused[-3:]}"
            return id

        return eventually(made, timeout)

    def _made(self, api: Api) -> str:
        headers = {"Idempotency-Key": self.key}
        try:
            answer = api.client.post(self.path, json=self.body, headers=headers, timeout=ATTEMPT_SECONDS)
        except httpx.HTTPError as error:
            self.refused.append((0, type(error).__name__))
            return ""
        if answer.status_code == 201:
            return str(answer.json()["id"])
        self.refused.append((answer.status_code, str(answer.json().get("code"))))
        if answer.status_code == 503 and "retry-after" not in answer.headers:
            self.without_an_end.append(answer.text)
        return ""
